import type { QueueJob } from "../htcondor/jobs.ts";
import { observedOutputs } from "../instance/outputs.ts";
import type { Observation } from "../instance/state.ts";
import { memberNumber } from "./inputs.ts";
import type { FleetOutputs, Member } from "./outputs.ts";

/** A member that is to be recorded. */
export interface RecordedMember {
  readonly name: string;
  readonly job: QueueJob;
  readonly seen: Observation;
  readonly isReady: boolean;
  readonly isUpToDate: boolean;
  /** Whether somebody was told about it: else HTCondor removes it at its deadline. */
  readonly isAcknowledged: boolean;
}

/** What is known of a fleet's members, as its outputs. */
export function fleetOutputs(members: readonly RecordedMember[], namePrefix: string, consoleKey: string): FleetOutputs {
  const numberOf = ({ name }: RecordedMember) => memberNumber(namePrefix, name) ?? Number.MAX_SAFE_INTEGER;
  const sorted = [...members].sort((one, other) => numberOf(one) - numberOf(other) || (one.name < other.name ? -1 : 1));
  const outputs: FleetOutputs = { members: {}, running: 0, ready: 0, vncPasswords: {}, consoleKey };
  const unacknowledged: string[] = [];
  for (const { name, job, seen, isReady, isUpToDate, isAcknowledged } of sorted) {
    const { vncPassword, ...known } = observedOutputs(job.globalJobId, seen, consoleKey);
    outputs.members[name] = memberOf(job.globalJobId, seen.state, known, isReady, isUpToDate);
    if (vncPassword !== "") outputs.vncPasswords[name] = vncPassword;
    if (seen.state === "running") outputs.running += 1;
    if (isReady) outputs.ready += 1;
    if (!isAcknowledged) unacknowledged.push(name);
  }
  return unacknowledged.length === 0 ? outputs : { ...outputs, unacknowledged };
}

function memberOf(
  id: string,
  state: Member["state"],
  known: Omit<ReturnType<typeof observedOutputs>, "vncPassword">,
  ready: boolean,
  upToDate: boolean,
): Member {
  const { jobId, host, ipAddress, addresses, vncAddress, startedAt, leaseEndsAt, message } = known;
  return { id, jobId, state, host, ipAddress, addresses, vncAddress, startedAt, ready, upToDate, leaseEndsAt, message };
}
