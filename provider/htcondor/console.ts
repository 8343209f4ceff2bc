import { jobIdOf } from "../../contract/global-job-id.ts";
import { SCRATCH_CONSOLE } from "../../contract/scratch.ts";
import { CommandFailedError, JobNotFoundError, PermissionError, PoolUnreachableError } from "./errors.ts";
import type { Run } from "./run.ts";

/** HTCondor's words (23 and 25) for a file that the job does not offer: the node made no copy of the console. */
const NOT_OFFERED = /requested but not authorized to be sent/;

/** There is no starter, or none that has the job any more: it queues, is held, or is on its way to another node. */
const NO_STARTER = /Failed to send START_PEEK|Failed to get address of starter|is not running/i;

const NO_SUCH_JOB = /No such job/i;

/** How to read a console. */
export interface ConsoleReading {
  /** The most that is answered, in bytes; the latest. */
  readonly maxBytes: number;
  /** How long the answer may take. A starter is deaf for the first 36 s of its machine. */
  readonly deadlineSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The end of what a running machine said on its serial console, as its guest wrote it: whatever shows it to a person
 * cleans it first. HTCondor fetches it from the node for the job's owner alone (`condor_tail`, 90 ms).
 *
 * @throws JobNotFoundError; PermissionError for somebody else's machine; PoolUnreachableError where no node runs it, or
 *   its starter does not answer in time; CommandFailedError where its node offers no console
 */
export async function readConsole(run: Run, id: string, reading: ConsoleReading): Promise<string> {
  const { maxBytes, deadlineSeconds, signal } = reading;
  const options = ["-no-stdout", "-maxbytes", String(maxBytes), jobIdOf(id), SCRATCH_CONSOLE];
  const extra = { deadlineSeconds, verbatim: true, ...(signal === undefined ? {} : { signal }) };
  try {
    return await run("condor_tail", options, extra);
  } catch (error) {
    throw consoleFailure(id, error);
  }
}

/** HTCondor says all of it in one exit status. */
function consoleFailure(id: string, error: unknown): unknown {
  if (!(error instanceof CommandFailedError || error instanceof PermissionError)) return error;
  const why = error.why ?? error.what;
  const job = jobIdOf(id);
  if (NOT_OFFERED.test(why)) {
    return new CommandFailedError("condor_tail", {
      what: `The execute node offers no console of job ${job}.`,
      why,
      remedy: "A node of an earlier version offers none: its administrator finds it in the node's folder of consoles.",
      cause: error,
    });
  }
  if (NO_SUCH_JOB.test(why)) {
    return new JobNotFoundError(id, {
      what: `The machine of job ${job} is gone, and its console with it.`,
      why,
      remedy: "Its node keeps the console's log for a day, for its administrator.",
      cause: error,
    });
  }
  if (error instanceof CommandFailedError && NO_STARTER.test(why)) {
    return new PoolUnreachableError("condor_tail", {
      what: `No execute node runs job ${job} at the moment, so there is no console.`,
      why,
      remedy: `\`condor-cloud instance show ${job}\` says what it does.`,
      cause: error,
    });
  }
  return error;
}
