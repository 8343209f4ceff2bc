import { z } from "zod";
import { parseAds, unexpected } from "./output.ts";
import type { Run } from "./run.ts";

/** The part of `condor_q -totals -json` that counts what was asked for. */
const Totals = z.tuple([z.object({ jobs: z.int().nonnegative() })]);

/** Nothing at all, or an empty list. */
const SHOWS_NOTHING = /^[\s[\]]*$/;

/** How often a queue is asked that showed nothing and then counts jobs: they may have come between the two. */
const ASKED_MOST = 3;

/**
 * Asks the queue. An answer without a job is one that the schedd gave, never a command's silence: `condor_q -json` prints
 * nothing at all then, as a command does that broke; the totals of the same query are an answer, and say zero (measured,
 * 10 ms).
 *
 * @param selection - the options that say which jobs it is about
 * @param from.schedd - the name of the schedd to ask; absent: the one that the settings name
 * @param parse - reads the answer
 * @throws UnexpectedOutputError where the queue shows nothing again and again, and the totals are anything but zero
 */
export async function askQueue<Job>(
  run: Run,
  attributes: readonly string[],
  selection: readonly string[],
  from: { readonly schedd?: string },
  parse: (command: string, output: string) => Job[],
): Promise<Job[]> {
  for (let asked = 1; ; asked++) {
    const output = await run("condor_q", ["-json", "-attributes", attributes.join(","), ...selection], from);
    // What the queue showed counts, and not what the reader makes of it: it may have no use for any of the jobs.
    if (!SHOWS_NOTHING.test(output)) return parse("condor_q", output);
    const counted = await run("condor_q", ["-totals", "-json", ...selection], from);
    const totals = Totals.safeParse(parseAds("condor_q", counted));
    if (totals.success && totals.data[0].jobs === 0) return [];
    if (!totals.success || asked === ASKED_MOST) throw unexpected("condor_q", counted, totals.error);
  }
}
