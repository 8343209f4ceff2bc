import type { CloudError } from "../errors.ts";
import { CommandFailedError, PermissionError, PoolUnreachableError } from "./errors.ts";
import { maskAds } from "./log.ts";

/** At most so many characters of HTCondor's words go into an error. */
const WORDS_MAX = 2000;

/** Measured words of HTCondor 23 and 25 for "who are you?" and "you may not". */
const REFUSED =
  /AUTHENTICATE:1\d{3}|Received "DENIED"|Failed to authenticate|not authorized|permission denied|insufficient permission/i;

/**
 * Measured words for "nobody answers". A command that may not even learn the schedd's address, because its token is
 * not accepted, says the same (`Can't find address of local schedd`, `(null)`).
 */
const UNREACHABLE =
  /CEDAR:6\d{3}|SECMAN:2\d{3}|Failed to connect to (?:local )?queue manager|Couldn't contact|communication error|Failed to connect|Can't connect|Unable to connect|Can't find address|Unable to locate|unknown host|No such schedd|Collector has no record of|Connection (?:refused|reset|closed)|Failed to fetch ads|^(?:Error|condor_\w+): \(null\)/im;

/** Measured words for "the pool's rules are against it", whose reason is an administrator's and may say anything. */
const BY_RULE = /Failed to commit job submission into the queue\.\s*ERROR: |would exceed MAX_JOBS_/i;

/** The schedd went away in the middle of a submission: it says no reason. Whether it took the job is not known. */
const LOST = /Failed to (?:commit job submission into the queue\.|create (?:proc|cluster))\s*$/i;

/** Turns what a failed command said into the error that a program can tell apart, HTCondor's words kept. */
export function commandFailure(
  command: string,
  exitCode: number | undefined,
  stdout: string,
  stderr: string,
): CloudError {
  const why =
    essence(stderr) || essence(stdout) || `It ended with exit status ${exitCode ?? "unknown"} and no message.`;
  const everything = `${stderr}\n${stdout}`;
  if (BY_RULE.test(everything)) return new CommandFailedError(command, { what: `${command} failed.`, why });
  if (REFUSED.test(everything)) {
    return new PermissionError(command, {
      what: `HTCondor refused ${command}.`,
      why,
      remedy:
        "Check who you are for the pool with `condor_ping -table READ WRITE`: on the access point your account counts, elsewhere a token in ~/.condor/tokens.d (`condor_token_list`).",
    });
  }
  if (UNREACHABLE.test(everything) || LOST.test(stderr)) {
    return new PoolUnreachableError(command, {
      what: `${command} got no answer from the pool.`,
      why,
      remedy:
        "Check that the pool runs and that `condor_q` works in this shell; the settings condor:schedd and condor:pool (CONDOR_CLOUD_SCHEDD, CONDOR_CLOUD_POOL) choose whom it asks. A token that the pool does not accept looks the same.",
    });
  }
  return new CommandFailedError(command, { what: `${command} failed.`, why });
}

/** What a command said, without HTCondor's general advice ("Extra Info: …") and without blank lines. */
function essence(words: string): string {
  const lines = (maskAds(words).split(/^Extra Info:/m)[0] ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const text = lines.join("\n  ");
  return text.length > WORDS_MAX ? `${text.slice(0, WORDS_MAX)} …` : text;
}
