import { jobIdOf } from "../../contract/global-job-id.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import { lastLines } from "../harmless.ts";

/** So much of a console explains a failure; all of it is `condor-cloud console log`. */
const TAIL = { lines: 20, characters: 2048 };

/** What is fetched: escape sequences and empty lines count here, and not in what is shown. */
const FETCHED_BYTES = 8192;

/** Whoever waits has waited long enough: a starter that is deaf yet is not waited for. */
const DEADLINE_SECONDS = 10;

/** How many consoles a process reads at once: when a whole fleet fails, a few of them tell why. */
const READERS_MAX = 8;

let readers = 0;

/**
 * The end of a machine's serial console, for the error of a wait that failed. Never fails: where there is none, one line
 * says why.
 *
 * @param signal - ends the reading
 */
export async function consoleTail(id: string, context: Context, signal: AbortSignal): Promise<string[]> {
  if (readers >= READERS_MAX) return [`Its console: condor-cloud console log ${jobIdOf(id)}`];
  readers++;
  try {
    const reading = { maxBytes: FETCHED_BYTES, deadlineSeconds: DEADLINE_SECONDS, signal };
    const lines = lastLines(await context.pool.console(id, reading), TAIL);
    if (lines.length === 0) return ["Its serial console is empty: the guest wrote nothing there."];
    return ["The end of its serial console:", ...lines.map((line) => `| ${line}`)];
  } catch (error) {
    if (error instanceof CloudError)
      return [`There is no console to show: ${[error.what, error.why].join(" ").trim()}`];
    throw error;
  } finally {
    readers--;
  }
}
