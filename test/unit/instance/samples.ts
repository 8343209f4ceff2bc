import { specDigest } from "../../../contract/instance-spec.ts";
import type { CloudJob } from "../../../contract/job-ad.ts";
import type { MachineReport } from "../../../contract/node-report.ts";
import type { QueueJob } from "../../../provider/htcondor/jobs.ts";
import type { NodeFailure, SlotReport } from "../../../provider/htcondor/slots.ts";
import { DIGEST } from "../htcondor/samples.ts";

export const ID = "ap.example#12.0#1795562971";

/** A machine's inputs as its check hands them on, those that an earlier version already had. */
export const INPUTS = {
  resourceUrn: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Instance::web",
  name: "web",
  image: `debian@sha256:${DIGEST}`,
  profile: { name: "small", memoryMiB: 512, vcpus: 1 },
  labels: {},
  timeoutSeconds: 60,
  timeouts: {},
};

/** A job as the queue has it. */
export function queued(change: Partial<QueueJob> = {}, job?: CloudJob): QueueJob {
  const globalJobId = change.globalJobId ?? ID;
  return {
    globalJobId,
    clusterId: 12,
    procId: 0,
    owner: "alice",
    queuedAt: 1_795_562_971,
    status: 1,
    holdReason: "",
    holdReasonCode: undefined,
    removeReason: "",
    slot: "",
    lastRunAt: undefined,
    starts: 0,
    serverTime: undefined,
    key: job?.key,
    fleet: job?.fleet,
    cloud: job === undefined ? undefined : { globalJobId, job, specDigest: specDigest(job.spec) },
    ...change,
  };
}

/** A node's report on that job's machine. */
export function report(machine: Omit<MachineReport, "globalJobId">): SlotReport {
  return { slot: "slot1@exec1", machine: { globalJobId: ID, ...machine } };
}

/** A node's words about what went wrong with that job's machine. */
export function failure(message: string, change: Partial<NodeFailure> = {}): NodeFailure {
  return { host: "exec1", globalJobId: ID, at: 1_795_562_990, message, ...change };
}
