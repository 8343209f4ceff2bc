import { jobIdOf } from "../../contract/global-job-id.ts";
import { JobNotFoundError } from "../htcondor/errors.ts";
import { EVICTED_REASON } from "../htcondor/placement.ts";
import { LEASE_OVER_REASON, UNCLAIMED_REASON } from "../htcondor/submit-description.ts";
import type { Observation } from "./state.ts";

/**
 * How a machine ended, to follow "is gone: ".
 *
 * @param seen - what queue or history said of it last; undefined where neither knows it any more
 */
export function howItEnded(seen: Observation | undefined): string {
  if (seen === undefined) return "neither the queue nor the history knows its job any more";
  if (seen.state === "completed") return "its guest powered off";
  if (seen.message.includes(LEASE_OVER_REASON)) return `its lease ended${at(seen.leaseUntil)}`;
  if (seen.message.includes(UNCLAIMED_REASON)) return "no create acknowledged it by its deadline";
  if (seen.message.includes(EVICTED_REASON)) return 'it lost its node, and onEviction is "fail"';
  return seen.message === "" ? "its job was removed" : `its job was removed (HTCondor: ${seen.message})`;
}

/** Tells a person that a machine is gone, how it ended, and what comes next. */
export function goneWarning(id: string, name: unknown, seen: Observation | undefined): string {
  const machine =
    typeof name === "string" ? `The machine ${name} (job ${jobIdOf(id)})` : `The machine of job ${jobIdOf(id)}`;
  return `${machine} is gone: ${howItEnded(seen)}. The next \`pulumi up\` makes a new one.`;
}

/** Nobody's machine has the id that a program reads. */
export function notThere(id: string, why: string): JobNotFoundError {
  return new JobNotFoundError(id, {
    what: `There is no machine ${JSON.stringify(id)}.`,
    why,
    remedy: "`condor-cloud instance list --json` shows the ids of those that live.",
  });
}

function at(unixSeconds: number | undefined): string {
  return unixSeconds === undefined ? "" : ` at ${new Date(unixSeconds * 1000).toISOString()}`;
}
