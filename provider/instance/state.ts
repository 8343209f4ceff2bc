import { interfacesOf } from "../../contract/interfaces.ts";
import type { GuestReport, InterfaceAddresses } from "../../contract/node-report.ts";
import { JOB_STATUS, type QueueJob } from "../htcondor/jobs.ts";
import { hostOf, type NodeFailure, type SlotReport } from "../htcondor/slots.ts";
import type { WaitFor } from "./inputs.ts";

/** What a machine does, in one word; see {@link observe} for where each comes from. */
export const INSTANCE_STATES = [
  "queued",
  "starting",
  "preparing",
  "prepared",
  "running",
  "paused",
  "stopped",
  "failed",
  "removed",
  "completed",
  "held",
  "stopping",
  "suspended",
  "unknown",
] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];

/** What is known about a machine at one moment; text that is not known is empty. */
export interface Observation {
  readonly state: InstanceState;
  /** The execute node. */
  readonly host: string;
  /** The preferred address of the main interface. */
  readonly ipAddress: string;
  /** All addresses by interface, the preferred ones first. */
  readonly addresses: InterfaceAddresses;
  /** The MAC addresses by interface. */
  readonly macAddresses: Readonly<Record<string, string>>;
  /** What the guest says of itself; undefined: nothing was heard. */
  readonly guest: GuestReport | undefined;
  /** `host:port` of the VNC console. */
  readonly vncAddress: string;
  /** The VNC console's password, sealed for the machine's owner. */
  readonly sealedVncPassword: string;
  /** ISO 8601; when the domain was first seen running. */
  readonly startedAt: string;
  /** How often HTCondor has started it. */
  readonly starts: number;
  /** When HTCondor removes it, Unix time in seconds by the access point's clock; undefined: it has no lease. */
  readonly leaseUntil: number | undefined;
  /** Progress or cause, for people: the node's words, and HTCondor's reason for a hold or a removal. */
  readonly message: string;
  /** Whether the node may still say why: HTCondor holds a job seconds before its node has found the reason. */
  readonly awaitsReason: boolean;
}

/** HTCondor's `HoldReasonCode` of a job whose machine vm-gahp could not start. */
const FAILED_TO_START = 6;

/** Whether a node may have something to say about why a job has no machine: it had a slot, and has none that reports. */
export function mayHaveFailed(job: QueueJob, report: SlotReport | undefined): boolean {
  return job.lastRunAt !== undefined && report === undefined;
}

/**
 * Joins what the queue says of a job and what its node reports to one state.
 *
 * | `JobStatus` | node's report for this very job | state |
 * |---|---|---|
 * | 1 idle | – | `queued` |
 * | 2 running | none | `starting`: the domain does not exist yet |
 * | 2 running | its state | that state: `preparing`, `prepared`, `running`, `paused`, `stopped`, `failed` |
 * | 3 removed | – | `removed`; its machine may still hold its address until the job leaves the queue |
 * | 4 completed | – | `completed`: powered off from inside |
 * | 5 held | – | `held`, with HTCondor's reason |
 * | 6 transferring output | – | `stopping` |
 * | 7 suspended | – | `suspended` |
 * | any other | – | `unknown` |
 *
 * So `running` is said only where the domain runs: JobStatus 2 comes seconds before there is one.
 *
 * @param failure - what a node says went wrong with the machine
 */
export function observe(job: QueueJob, report: SlotReport | undefined, failure?: NodeFailure | undefined): Observation {
  const machine = job.status === JOB_STATUS.running ? report?.machine : undefined;
  return {
    state: machine?.state ?? stateOfJob(job.status),
    host: hostOf(job.slot),
    ipAddress: machine?.ipAddress ?? "",
    addresses: machine?.addresses ?? {},
    macAddresses: macAddressesBy(job),
    guest: machine?.guest,
    vncAddress: machine?.vncAddress ?? "",
    sealedVncPassword: machine?.sealedVncPassword ?? "",
    startedAt: machine?.startedAt === undefined ? "" : new Date(machine.startedAt * 1000).toISOString(),
    starts: job.starts,
    leaseUntil: job.cloud?.job.lease?.until,
    message: machine?.message || reasonOf(job, failure),
    awaitsReason: job.status === JOB_STATUS.held && job.holdReasonCode === FAILED_TO_START && failure === undefined,
  };
}

function macAddressesBy({ cloud }: QueueJob): Record<string, string> {
  if (cloud === undefined) return {};
  return Object.fromEntries([...interfacesOf(cloud.job.spec)].map(([name, { macAddress }]) => [name, macAddress]));
}

/** Why a job has no machine: in the node's words, where it has any, and in HTCondor's own. */
function reasonOf(job: QueueJob, failure: NodeFailure | undefined): string {
  const condor = job.holdReason || job.removeReason;
  // A refusal of the prepare hook is the reason of the hold already.
  if (failure === undefined || condor.includes(failure.message)) return condor;
  const node = `${failure.host}: ${failure.message}`;
  return condor === "" ? node : `${node}; HTCondor: ${condor}`;
}

function stateOfJob(status: number): InstanceState {
  switch (status) {
    case JOB_STATUS.idle:
      return "queued";
    case JOB_STATUS.running:
      return "starting";
    case JOB_STATUS.removed:
      return "removed";
    case JOB_STATUS.completed:
      return "completed";
    case JOB_STATUS.held:
      return "held";
    case JOB_STATUS.transferringOutput:
      return "stopping";
    case JOB_STATUS.suspended:
      return "suspended";
    default:
      return "unknown";
  }
}

/** Whether the machine is what is waited for, as far as queue and node can tell: a port is knocked at besides. */
export function isReady(
  seen: Pick<Observation, "state" | "ipAddress"> & Partial<Pick<Observation, "guest">>,
  waitFor: WaitFor,
): boolean {
  switch (waitFor) {
    case "submitted":
      return seen.state !== "held" && !hasEnded(seen);
    case "running":
      return seen.state === "running";
    case "guest-agent":
      return seen.state === "running" && seen.guest?.agent === true;
    case "cloud-init":
      return seen.state === "running" && seen.guest?.cloudInit === "done";
    default:
      return seen.state === "running" && seen.ipAddress !== "";
  }
}

/** Whether its guest can never become what is waited for, unless it boots anew. */
export function hasFailed(seen: Pick<Observation, "state" | "guest">, waitFor: WaitFor): boolean {
  return waitFor === "cloud-init" && seen.state === "running" && seen.guest?.cloudInit === "failed";
}

/**
 * Whether somebody put the machine to rest after it ran: it wakes when they wake it, so nobody waits for that. A
 * domain that was never seen running is paused for an instant while it starts.
 */
export function isAtRest(seen: Pick<Observation, "state" | "startedAt">): boolean {
  return seen.state === "suspended" || (seen.state === "paused" && seen.startedAt !== "");
}

/** Whether the machine has ended, or is about to: no wait brings it back. */
export function hasEnded(seen: Pick<Observation, "state">): boolean {
  return seen.state === "removed" || seen.state === "completed";
}

/** What the wait is for, in plain words, to follow "until". */
export function goalOf(waitFor: WaitFor): string {
  if (typeof waitFor === "object") return `it answers at TCP port ${waitFor.tcpPort}`;
  return {
    submitted: "the queue has it",
    running: "it runs",
    address: "it has an address",
    "guest-agent": "its guest agent answers",
    "cloud-init": "its cloud-init is done",
  }[waitFor];
}

/**
 * What is being waited for, in plain words, to follow "while".
 *
 * @param why - what a port answered, or why it queues, where that is known
 */
export function waitingFor(seen: Observation, waitFor: WaitFor, why = ""): string {
  const node = seen.host === "" ? "" : ` on ${seen.host}`;
  const cause = [seen.message, why].filter((part) => part !== "").join("; ");
  const words = cause === "" ? "" : ` (${cause})`;
  switch (seen.state) {
    case "queued":
      return `queued: waiting for a machine of the pool${words}`;
    case "starting":
      return `starting${node}${words}`;
    case "running":
      return `running${node}, waiting for ${wanted(seen, waitFor)}${words}`;
    default:
      return `${seen.state}${node}${words}`;
  }
}

/** What a machine that runs has yet to show. */
function wanted({ ipAddress, guest }: Observation, waitFor: WaitFor): string {
  if (waitFor === "guest-agent") return "its guest agent";
  if (waitFor === "cloud-init")
    return guest?.cloudInit === undefined ? "a word of cloud-init" : "cloud-init to be done";
  return typeof waitFor === "object" && ipAddress !== "" ? `TCP port ${waitFor.tcpPort} of ${ipAddress}` : "an address";
}
