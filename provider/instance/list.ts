import type { Context } from "../context.ts";
import { JOB_STATUS } from "../htcondor/jobs.ts";
import { mayHaveFailed } from "./state.ts";
import { type InstanceView, viewOf } from "./view.ts";

/** All machines in the queue, of every stack and owner; without those that ended, and those that break the contract. */
export async function listInstances(context: Context): Promise<InstanceView[]> {
  const now = Date.now();
  const views = (await context.pool.list()).map(async ({ job, report }) => {
    const failure = mayHaveFailed(job, report) ? await context.pool.failure(job) : undefined;
    return viewOf(job, report, failure, now) ?? [];
  });
  return (await Promise.all(views))
    .flat()
    .filter((view) => view.state !== "removed" && view.state !== "completed")
    .sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
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
