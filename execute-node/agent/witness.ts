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
  /** For whom the console's password is sealed. It is the startd's word: a request could name somebody else. */
  readonly sealKey: string | undefined;
}

/**
 * Finds the run of a job that a prepare request is about among those that the startd says it runs. Whatever runs under
 * the account of VM jobs can write a request; nobody but the startd can put a job into a slot. It shows the job before
 * it starts the job's starter, and so before the hook.
 *
 * @throws Refusal when no slot runs such a job of this user with this specification, or when it reserves less than that
 * is: START compares what the job says of both, which its owner may edit between the match and the start
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
  if (run?.startedAt !== undefined) {
    requireRoom(run, request);
    return { startedAt: run.startedAt, slot: run.slot, sealKey: run.sealKey };
  }
  throw new Refusal(
    `The startd of this node does not run job ${request.globalJobId} of ${request.user} as asked for.`,
    {
      retry: true,
    },
  );
}

function requireRoom({ slot, memoryMiB, cpus }: SlotJob, { spec: { size } }: PrepareRequest): void {
  if (memoryMiB !== undefined && cpus !== undefined && size.memoryMiB <= memoryMiB && size.vcpus <= cpus) return;
  throw new Refusal(
    `The machine wants ${size.memoryMiB} MiB and ${size.vcpus} processors; its slot ${slot} reserves ${memoryMiB ?? "no known"} MiB and ` +
      `${cpus ?? "no known number"}. Submit it with request_memory and request_cpus of its size.`,
  );
}
