import { MAIN_INTERFACE } from "../../contract/interfaces.ts";
import type { GuestReport, InterfaceAddresses, MachineReport, MachineState } from "../../contract/node-report.ts";
import type { MachineRecord } from "./instance-folders.ts";
import type { ProcessIdentity } from "./processes.ts";
import type { Sighting } from "./sightings.ts";

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
  /** By interface, the preferred first; what there is none of is absent. */
  addresses: InterfaceAddresses;
  /** What its networks last said of its interfaces, by MAC address. */
  sightings: Map<string, readonly Sighting[]>;
  /** What its guest agent last said of them. */
  agentSightings: ReadonlyMap<string, readonly Sighting[]>;
  /** The bridges that its interfaces are plugged into, by MAC address. */
  bridges: ReadonlyMap<string, string | undefined>;
  /** Whether something listens at the guest agent's channel. */
  hasAgent: boolean;
  /** What is known of its guest; undefined while nothing was heard of that. */
  guest: GuestReport | undefined;
  vncAddress: string | undefined;
  message: string | undefined;
  /** When the startd began the run of its job that it is prepared for; Unix time in seconds. */
  runStartedAt: number | undefined;
  /** The scratch directory of its job, as a request named it. */
  scratch: string | undefined;
  /** For whom its console's password is sealed, by that run's job. */
  sealKey: string | undefined;
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
    addresses: {},
    sightings: new Map(),
    agentSightings: new Map(),
    bridges: new Map(),
    hasAgent: false,
    guest: undefined,
    vncAddress: undefined,
    message: undefined,
    runStartedAt: undefined,
    scratch: undefined,
    sealKey: undefined,
    domainGiven: false,
    domainName: undefined,
    starter: undefined,
    starterGone: false,
    gahpPid: undefined,
    jobSeenAt: performance.now(),
  };
}

/** Forgets what was heard of a domain that is no more. */
export function forgetDomain(machine: Machine): void {
  machine.domainName = undefined;
  machine.addresses = {};
  machine.sightings = new Map();
  machine.agentSightings = new Map();
  machine.bridges = new Map();
  machine.hasAgent = false;
  machine.guest = undefined;
  machine.vncAddress = undefined;
}

/** What the pool is told about a machine. */
export function reportOf(machine: Machine): MachineReport {
  return {
    globalJobId: machine.globalJobId,
    state: machine.state,
    macAddress: machine.macAddress,
    ipAddress: machine.addresses[MAIN_INTERFACE]?.[0],
    addresses: Object.keys(machine.addresses).length === 0 ? undefined : machine.addresses,
    guest: machine.guest,
    vncAddress: machine.vncAddress,
    sealedVncPassword: machine.record?.sealedVncPassword,
    startedAt: machine.record?.startedAt,
    message: machine.message,
  };
}
