import { ImageReferenceText } from "../../contract/image-reference.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import type { NodeFailure, SlotReport } from "../htcondor/slots.ts";
import { type InstanceState, observe } from "./state.ts";

/** A machine as lists show it. Text that is not known is empty. */
export interface InstanceView {
  /** The GlobalJobId. */
  readonly id: string;
  /** `cluster.proc`. */
  readonly jobId: string;
  readonly name: string;
  /** `project/stack/type/name` of the resource it belongs to. */
  readonly key: string;
  /** The profile's name at its creation, or `custom`. */
  readonly profile: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** `name@sha256:<digest>`. */
  readonly image: string;
  readonly imageDigest: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: InstanceState;
  readonly host: string;
  readonly ipAddress: string;
  readonly macAddress: string;
  readonly vncAddress: string;
  /** The account that submitted it. */
  readonly owner: string;
  /** ISO 8601; when it was submitted. */
  readonly createdAt: string;
  /** Seconds since then. */
  readonly ageSeconds: number;
  /** ISO 8601, by the access point's clock; when HTCondor removes it. Empty: it has no lease, or none that began. */
  readonly leaseEndsAt: string;
  /** Seconds until then, by the same clock, negative when it is over; undefined where {@link leaseEndsAt} is empty. */
  readonly leaseLeftSeconds: number | undefined;
  /** False while a create is still at it; HTCondor removes it when its deadline passes. */
  readonly acknowledged: boolean;
  /** Progress or cause, for people. */
  readonly message: string;
}

/** A job as a list shows it; undefined for one that was edited so that it breaks the contract. */
export function viewOf(
  job: QueueJob,
  report: SlotReport | undefined,
  failure: NodeFailure | undefined,
  nowMilliseconds: number,
): InstanceView | undefined {
  if (job.cloud === undefined) return undefined;
  const { spec, key, acknowledged } = job.cloud.job;
  const seen = observe(job, report, failure);
  const { leaseUntil } = seen;
  return {
    id: job.globalJobId,
    jobId: `${job.clusterId}.${job.procId}`,
    name: spec.name,
    key,
    profile: spec.profile,
    memoryMiB: spec.size.memoryMiB,
    vcpus: spec.size.vcpus,
    image: spec.image,
    imageDigest: ImageReferenceText.parse(spec.image).digest,
    labels: spec.labels,
    state: seen.state,
    host: seen.host,
    ipAddress: seen.ipAddress,
    macAddress: spec.macAddress,
    vncAddress: seen.vncAddress,
    owner: job.owner,
    createdAt: new Date(job.queuedAt * 1000).toISOString(),
    ageSeconds: Math.max(0, Math.round(nowMilliseconds / 1000 - job.queuedAt)),
    leaseEndsAt: leaseUntil === undefined ? "" : new Date(leaseUntil * 1000).toISOString(),
    leaseLeftSeconds:
      leaseUntil === undefined ? undefined : leaseUntil - (job.serverTime ?? Math.floor(nowMilliseconds / 1000)),
    acknowledged,
    message: seen.message,
  };
}

/**
 * A virtual machine that is none of ours, or whose job somebody edited so that it breaks the contract: what HTCondor
 * itself knows of it. It has no name, no image and no size that could be trusted.
 */
export function strangerView(job: QueueJob, nowMilliseconds: number): InstanceView {
  const seen = observe(job, undefined);
  return {
    id: job.globalJobId,
    jobId: `${job.clusterId}.${job.procId}`,
    name: "",
    key: job.key ?? "",
    profile: "",
    memoryMiB: 0,
    vcpus: 0,
    image: "",
    imageDigest: "",
    labels: {},
    state: seen.state,
    host: seen.host,
    ipAddress: "",
    macAddress: "",
    vncAddress: "",
    owner: job.owner,
    createdAt: new Date(job.queuedAt * 1000).toISOString(),
    ageSeconds: Math.max(0, Math.round(nowMilliseconds / 1000 - job.queuedAt)),
    leaseEndsAt: "",
    leaseLeftSeconds: undefined,
    acknowledged: false,
    message: seen.message,
  };
}
