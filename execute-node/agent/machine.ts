import type { MachineReport, MachineState } from "../../contract/node-report.ts";
import type { MachineRecord } from "./instance-folders.ts";
import type { ProcessIdentity } from "./processes.ts";

/** A machine of this node, as its agent knows it at the moment. */
export interface Machine {
  readonly globalJobId: string;
  /** Absent while it is prepared, and for a domain of ours whose folder is gone. */
  record: MachineRecord | undefined;
  /** Whose it is and what is asked for, while it is prepared. */
  asked: Pick<MachineRecord, "user" | "spec"> | undefined;
  state: MachineState;
  /** The work of a prepare request, while it lasts. */
  preparing: Promise<void> | undefined;
  macAddress: string | undefined;
  ipAddress: string | undefined;
  vncAddress: string | undefined;
  message: string | undefined;
  /** When the startd began the run of its job that it is prepared for; Unix time in seconds. */
  runStartedAt: number | undefined;
  /** Whether this agent gave out its domain: what has the domain's name from then on is this run's. */
  domainGiven: boolean;
  /** The name of its domain, while libvirt has one. */
  domainName: string | undefined;
  /** The starter of its job, where it was seen: nobody but that will end its domain. */
  starter: ProcessIdentity | undefined;
  /** Whether that starter is no more. */
  starterGone: boolean;
  /** The process number of its vm-gahp, while it starts: the mark of that one's lines in vm-gahp's log. */
  gahpPid: number | undefined;
  /** When its job was last seen in a slot, or could not yet be; milliseconds of {@link performance.now}. */
  jobSeenAt: number;
}

/** A machine about which nothing is known yet but its job. */
export function newMachine(globalJobId: string, state: MachineState): Machine {
  return {
    globalJobId,
    record: undefined,
    asked: undefined,
    state,
    preparing: undefined,
    macAddress: undefined,
    ipAddress: undefined,
    vncAddress: undefined,
    message: undefined,
    runStartedAt: undefined,
    domainGiven: false,
    domainName: undefined,
    starter: undefined,
    starterGone: false,
    gahpPid: undefined,
    jobSeenAt: performance.now(),
  };
}

/** What the pool is told about a machine. */
export function reportOf(machine: Machine): MachineReport {
  return {
    globalJobId: machine.globalJobId,
    state: machine.state,
    macAddress: machine.macAddress,
    ipAddress: machine.ipAddress,
    vncAddress: machine.vncAddress,
    startedAt: machine.record?.startedAt,
    message: machine.message,
  };
}
