import { z } from "zod";
import { parseAds, unexpected } from "./output.ts";
import type { Run } from "./run.ts";

/** The part of `condor_q -totals -json` that counts what was asked for. */
const Totals = z.tuple([z.object({ jobs: z.int().nonnegative() })]);

/**
 * Makes sure that a query of the queue that printed nothing has no match. `condor_q -json` prints nothing at all then,
 * as a command does that broke; the totals of the same query are an answer, and say zero (measured, 10 ms).
 *
 * @param selection - the options of the query that say which jobs it is about
 * @param from - the schedd that it asked
 * @throws UnexpectedOutputError where the answer is anything but zero
 */
export async function proveNone(
  run: Run,
  selection: readonly string[],
  from: { readonly schedd?: string },
): Promise<void> {
  const output = await run("condor_q", ["-totals", "-json", ...selection], from);
  const totals = Totals.safeParse(parseAds("condor_q", output));
  if (!totals.success || totals.data[0].jobs !== 0) throw unexpected("condor_q", output, totals.error);
}
