import { jobIdOf } from "../../contract/global-job-id.ts";
import { specDigest } from "../../contract/instance-spec.ts";
import { VM_UNIVERSE } from "../../contract/job-ad.ts";
import { Refusal } from "./refusal.ts";
import type { PrepareRequest } from "./requests.ts";
import type { SlotJob } from "./startd.ts";

/** One run of a job on this node. */
export interface Run {
  /** Unix time in seconds; it tells this run from an earlier one of the same job. */
  readonly startedAt: number;
  /** The slot's name on this node. */
  readonly slot: string;
}

/**
 * Finds the run of a job that a prepare request is about among those that the startd says it runs. Whatever runs under
 * the account of VM jobs can write a request; nobody but the startd can put a job into a slot. It shows the job before
 * it starts the job's starter, and so before the hook.
 *
 * @throws Refusal when no slot runs such a job of this user with this specification
 */
export function runOf(jobs: readonly SlotJob[] | undefined, request: PrepareRequest): Run {
  const wanted = {
    globalJobId: request.globalJobId,
    jobId: jobIdOf(request.globalJobId),
    user: request.user,
    universe: VM_UNIVERSE,
    specDigest: specDigest(request.spec),
  };
  const run = jobs?.find(
    (job) =>
      job.globalJobId === wanted.globalJobId &&
      job.jobId === wanted.jobId &&
      job.user === wanted.user &&
      job.universe === wanted.universe &&
      job.specDigest === wanted.specDigest,
  );
  if (run?.startedAt !== undefined) return { startedAt: run.startedAt, slot: run.slot };
  throw new Refusal(
    `The startd of this node does not run job ${request.globalJobId} of ${request.user} as asked for.`,
    {
      retry: true,
    },
  );
}
