import { z } from "zod";
import { run } from "./run.ts";

const Slots = z.array(z.object({ Name: z.string(), GlobalJobId: z.string().optional() }));

/**
 * The jobs in this node's slots, by GlobalJobId, asked of the startd itself and not of the collector, which keeps what
 * it heard for minutes. One command however many slots.
 *
 * @returns undefined when the startd gives no answer that can be trusted
 */
export async function jobsInSlots(): Promise<Set<string> | undefined> {
  const address = (await run("condor_config_val", ["STARTD_ADDRESS_FILE"])).trim();
  const args = ["-startd", "-direct", address, "-json", "-attributes", "Name,GlobalJobId"];
  return parseSlots(await run("condor_status", args, { timeoutSeconds: 20 }));
}

/** Parses `condor_status -json`; no slot at all means that something went wrong, not that nothing runs. */
export function parseSlots(output: string): Set<string> | undefined {
  if (output.trim() === "") return undefined;
  const slots = Slots.parse(JSON.parse(output));
  if (slots.length === 0) return undefined;
  return new Set(slots.flatMap(({ GlobalJobId }) => (GlobalJobId === undefined ? [] : [GlobalJobId])));
}
