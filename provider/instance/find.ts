import { durationText } from "../../contract/duration.ts";
import { CloudError, InvalidInputError } from "../errors.ts";
import { JOB_STATUS, type QueueJob } from "../htcondor/jobs.ts";

/** No live machine is what a person named. */
export class NoSuchMachineError extends CloudError {
  readonly code = "not-found";
}

/**
 * The machine that a person means by its GlobalJobId, its job's number `cluster.proc`, or its name. No name looks like
 * either of the other two.
 *
 * @param jobs - the jobs of ours in the queue
 * @throws NoSuchMachineError; InvalidInputError for a name that several machines have
 */
export function findMachine(meant: string, jobs: readonly QueueJob[], nowMilliseconds: number = Date.now()): QueueJob {
  const live = jobs.filter(({ status }) => status !== JOB_STATUS.removed && status !== JOB_STATUS.completed);
  const [found, ...others] = live.filter((job) => namesOf(job).includes(meant));
  if (found === undefined) {
    throw new NoSuchMachineError({
      what: `There is no machine ${JSON.stringify(meant)} in the queue.`,
      remedy: "`condor-cloud instance list` shows those that there are; name one by its name, its job or its id.",
    });
  }
  if (others.length === 0) return found;
  const candidates = [found, ...others].map((job) => describe(job, nowMilliseconds));
  throw new InvalidInputError({
    what: `${candidates.length} machines have the name ${meant}:\n  ${candidates.join("\n  ")}`,
    remedy: "Name one by its job or its id.",
  });
}

function namesOf(job: QueueJob): (string | undefined)[] {
  return [job.globalJobId, numberOf(job), job.cloud?.job.spec.name];
}

function describe(job: QueueJob, nowMilliseconds: number): string {
  const age = (job.serverTime ?? nowMilliseconds / 1000) - job.queuedAt;
  return `${numberOf(job)} (${job.globalJobId}) of ${job.owner || "an unknown account"}, ${durationText(age)} old`;
}

/** `cluster.proc`. */
function numberOf({ clusterId, procId }: QueueJob): string {
  return `${clusterId}.${procId}`;
}
