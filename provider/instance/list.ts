import type { Context } from "../context.ts";
import { JOB_STATUS } from "../htcondor/jobs.ts";
import { hasEnded, mayHaveFailed } from "./state.ts";
import { type InstanceView, strangerView, viewOf } from "./view.ts";

/** All machines in the queue, of every stack and owner; without those that ended, and those that break the contract. */
export async function listInstances(context: Context): Promise<InstanceView[]> {
  return (await listMachines(context)).filter(({ name }) => name !== "");
}

/**
 * All virtual machines in the queue that have not ended, also those that are none of ours or cannot be read as one: they
 * have no name, and come last.
 *
 * @param whose - `mine`: those of the account as which HTCondor knows us; absent: everybody's
 */
export async function listMachines(context: Context, whose?: "mine" | "all"): Promise<InstanceView[]> {
  const now = Date.now();
  const views = (await context.pool.list(whose)).map(async ({ job, report }) => {
    const failure = mayHaveFailed(job, report) ? await context.pool.failure(job) : undefined;
    return viewOf(job, report, failure, now) ?? strangerView(job, now);
  });
  return (await Promise.all(views)).filter((view) => !hasEnded(view)).sort(byName);
}

function byName(a: InstanceView, b: InstanceView): number {
  if ((a.name === "") !== (b.name === "")) return a.name === "" ? 1 : -1;
  return a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
}

/** A machine that uses an image; its name is its job's number where somebody edited the job so that it has none. */
export interface ImageUser {
  readonly name: string;
  /** `cluster.proc`. */
  readonly jobId: string;
}

/** The machines that use an image, and would miss it if they had to start again; whoever owns them. */
export async function imageUsers(context: Context, digest: string): Promise<ImageUser[]> {
  return (await context.pool.withImage(digest))
    .filter((job) => job.status !== JOB_STATUS.removed && job.status !== JOB_STATUS.completed)
    .map((job) => {
      const jobId = `${job.clusterId}.${job.procId}`;
      return { name: job.cloud?.job.spec.name ?? `job ${jobId}`, jobId };
    });
}
