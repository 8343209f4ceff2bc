import { setTimeout as sleep } from "node:timers/promises";
import { type ClassAdValue, classAdLiteral } from "../../contract/classad.ts";
import type { CloudJob } from "../../contract/job-ad.ts";
import { jobsOfCluster, jobsWithIds } from "./classad.ts";
import { CommandFailedError, PoolUnreachableError } from "./errors.ts";
import { JOB_ATTRIBUTES, parseJobs, type QueueJob } from "./jobs.ts";
import { unexpected } from "./output.ts";
import type { Run } from "./run.ts";
import { parseSlots, SLOT_ATTRIBUTES, type SlotReport } from "./slots.ts";
import { parseSubmitted, submitDescription } from "./submit-description.ts";

/**
 * The base operations on a pool. Each takes many and needs as few commands as one does; an argument that would grow
 * beyond what a command line holds is cut into several.
 */

/** A restarting schedd is back in about 11 s; what was submitted is read back for so long. */
const READ_BACK_SECONDS = 30;

/**
 * Submits many machines in one transaction and reads their jobs back, in the order given. The GlobalJobId is read, not
 * computed: it holds the queue's own time.
 */
export async function submitJobs(run: Run, jobs: readonly CloudJob[]): Promise<QueueJob[]> {
  const output = await run("condor_submit", ["-terse"], { input: submitDescription(jobs) });
  const submitted = parseSubmitted(output);
  if (submitted === undefined || submitted.count !== jobs.length) throw unexpected("condor_submit", output);

  const found = await readBack(run, submitted.clusterId);
  const byProc = new Map(found.map((job) => [job.procId, job]));
  return jobs.map((job, procId) => {
    const queued = byProc.get(procId);
    if (queued?.cloud?.job.key === job.key) return queued;
    throw new CommandFailedError("condor_submit", {
      what: `Job ${submitted.clusterId}.${procId} was submitted for ${job.spec.name} and is not in the queue as submitted.`,
      why: queued === undefined ? "It is gone already." : "The access point changed its attributes.",
      remedy: `Look at \`condor_history ${submitted.clusterId}.${procId}\` and at the access point's SUBMIT_REQUIREMENTS.`,
    });
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

/**
 * Asks the queue.
 *
 * @param constraints - one command each, one after the other
 * @param from.whose - `mine`: those of the account as which HTCondor knows us, as the schedd sees it; absent: all
 * @param from.schedd - the name of the schedd to ask; absent: the one that the settings name
 */
export async function queryJobs(
  run: Run,
  constraints: readonly string[],
  from: { readonly whose?: "mine" | "all"; readonly schedd?: string } = {},
): Promise<QueueJob[]> {
  const jobs: QueueJob[] = [];
  for (const constraint of constraints) {
    const options = [
      ...(from.whose === "mine" ? [] : ["-allusers"]),
      ...["-json", "-attributes", JOB_ATTRIBUTES.join(","), "-constraint", constraint],
    ];
    const output = await run("condor_q", options, from.schedd === undefined ? {} : { schedd: from.schedd });
    jobs.push(...parseJobs("condor_q", output));
  }
  return jobs;
}

/** Asks the collector what the nodes report about machines. */
export async function querySlots(run: Run, constraints: readonly string[]): Promise<SlotReport[]> {
  const slots: SlotReport[] = [];
  for (const constraint of constraints) {
    const options = ["-json", "-attributes", SLOT_ATTRIBUTES.join(","), "-constraint", constraint];
    slots.push(...parseSlots("condor_status", await run("condor_status", options)));
  }
  return slots;
}

/** Asks the history for a job that has left the queue. Stops at the first match, or at what ended before `since`. */
export async function queryHistory(run: Run, id: string, sinceUnixSeconds: number): Promise<QueueJob | undefined> {
  const [constraint] = jobsWithIds([id]);
  if (constraint === undefined) return undefined;
  const output = await run("condor_history", [
    ...["-json", "-attributes", JOB_ATTRIBUTES.join(","), "-constraint", constraint, "-limit", "1"],
    ...["-since", `EnteredCurrentStatus < ${classAdLiteral(sinceUnixSeconds)}`],
  ]);
  return parseJobs("condor_history", output)[0];
}

/**
 * Sets attributes of jobs. With `-forward`, because the shadow of a running job would never hear of it otherwise.
 * Jobs that are gone are passed over; one that may not be edited fails the whole command.
 */
export async function editJobs(
  run: Run,
  ids: readonly string[],
  attributes: Readonly<Record<string, ClassAdValue>>,
): Promise<void> {
  const assignments = Object.entries(attributes).flatMap(([name, value]) => [name, classAdLiteral(value)]);
  for (const constraint of jobsWithIds(ids)) {
    await run("condor_qedit", ["-forward", "-constraint", constraint, ...assignments]);
  }
}

/** Marks jobs for removal. Jobs that are gone are passed over, unless all are, which fails the command. */
export async function removeJobs(run: Run, ids: readonly string[]): Promise<void> {
  for (const constraint of jobsWithIds(ids)) await run("condor_rm", ["-constraint", constraint]);
}
