import { setTimeout as sleep } from "node:timers/promises";
import type { CloudJob } from "../../contract/job-ad.ts";
import { CloudError } from "../errors.ts";
import { jobsOfCluster } from "./classad.ts";
import { CommandFailedError, PoolUnreachableError, RefusedError } from "./errors.ts";
import { eachOrNone, type Outcome } from "./halves.ts";
import type { QueueJob } from "./jobs.ts";
import { queryJobs } from "./operations.ts";
import { unexpected } from "./output.ts";
import type { Run } from "./run.ts";
import { SubmissionLimits } from "./submission-limits.ts";
import { alike, parseSubmitted, submitDescription } from "./submit-description.ts";

/** A restarting schedd is back in about 11 s; what was submitted is read back for so long. */
const READ_BACK_SECONDS = 30;

/**
 * Submits many machines with as few commands as the access point's limits allow, and answers for each, in the order
 * given, its job or what went wrong. One machine that HTCondor refuses makes it refuse all and queue none; so they are
 * submitted in parts, until only those fail that are refused for themselves.
 *
 * @param limits - what this process knows of the access point's limits
 */
export async function submitEach(
  run: Run,
  jobs: readonly CloudJob[],
  limits: SubmissionLimits = new SubmissionLimits(),
): Promise<(QueueJob | CloudError)[]> {
  const answers = await eachOrNone<CloudJob, QueueJob | CloudError>(
    alike(jobs).flatMap((group) => limits.partsOf(group)),
    {
      attempt: (part) => attempt(run, part),
      refused,
      split: (part, refusal) => limits.split(run, part, refusal),
    },
  );
  return jobs.map((job) => answers.get(job) ?? unanswered());
}

/** One submission; what it came to for each, unless HTCondor said no to all of them. */
async function attempt(run: Run, jobs: readonly CloudJob[]): Promise<Outcome<CloudJob, QueueJob | CloudError>> {
  try {
    const queued = await submitTogether(run, jobs);
    return { done: new Map(jobs.map((job, index) => [job, queued[index] ?? unanswered()])) };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error instanceof CommandFailedError) return { done: new Map(), refusal: error };
    // Nobody knows whether they were taken: they are not tried again.
    return { done: new Map(jobs.map((job) => [job, error])) };
  }
}

function unanswered(): never {
  throw new TypeError("A submission was answered without one of its jobs");
}

/** Submits in one transaction and reads the jobs back. A GlobalJobId is read, not computed: it holds the queue's time. */
async function submitTogether(run: Run, jobs: readonly CloudJob[]): Promise<(QueueJob | CloudError)[]> {
  const output = await run("condor_submit", ["-terse"], { input: submitDescription(jobs) });
  const submitted = parseSubmitted(output);
  if (submitted === undefined || submitted.count !== jobs.length) throw unexpected("condor_submit", output);

  const { clusterId } = submitted;
  const found = await readBack(run, clusterId);
  const byProc = new Map(found.map((job) => [job.procId, job]));
  return jobs.map((job, procId) => {
    const queued = byProc.get(procId);
    return queued?.cloud?.job.key === job.key ? queued : notAsSubmitted(job, `${clusterId}.${procId}`, queued);
  });
}

async function readBack(run: Run, clusterId: number): Promise<QueueJob[]> {
  const deadline = Date.now() + READ_BACK_SECONDS * 1000;
  for (;;) {
    try {
      return await queryJobs(run, [jobsOfCluster(clusterId)]);
    } catch (error) {
      if (!(error instanceof PoolUnreachableError) || Date.now() > deadline) throw error;
      await sleep(1000);
    }
  }
}

function refused(job: CloudJob, error: CommandFailedError, alike?: number): RefusedError {
  const others = alike === undefined ? "" : `, as ${alike} before it; it was not tried alone`;
  return new RefusedError("condor_submit", {
    what: `The pool did not take the machine ${job.spec.name}${others}.`,
    why: error.why ?? error.what,
    remedy:
      "Nothing was submitted. The access point's administrator can say which rule it breaks (SUBMIT_REQUIREMENTS, MAX_JOBS_PER_OWNER); then `pulumi up` again.",
    cause: error,
  });
}

function notAsSubmitted(job: CloudJob, number: string, queued: QueueJob | undefined): CommandFailedError {
  return new CommandFailedError("condor_submit", {
    what: `Job ${number} was submitted for ${job.spec.name} and is not in the queue as submitted.`,
    why: queued === undefined ? "It is gone already." : "The access point changed its attributes.",
    remedy: `Look at \`condor_history ${number}\` and at the access point's SUBMIT_REQUIREMENTS.`,
  });
}
