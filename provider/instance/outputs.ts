import { jobIdOf } from "../../contract/global-job-id.ts";
import { open } from "../../contract/sealed.ts";
import type { InstanceInputs } from "./inputs.ts";
import { specOf } from "./spec.ts";
import type { Observation } from "./state.ts";

/** What an instance answers beside its inputs. Every field is always there; empty text means "not known (yet)". */
export interface InstanceOutputs extends Record<string, unknown> {
  /** `cluster.proc`, as HTCondor's commands take it. Numbers repeat when a pool is rebuilt; the id does not. */
  jobId: string;
  /** What the machine does (state.ts). */
  state: string;
  /** The execute node. */
  host: string;
  /** The preferred address of the main interface. */
  ipAddress: string;
  /** All addresses by interface, the preferred ones first. */
  addresses: Record<string, string[]>;
  /** The main interface's. */
  macAddress: string;
  /** By interface. */
  macAddresses: Readonly<Record<string, string>>;
  /** `host:port` of the VNC console. */
  vncAddress: string;
  /** What the console asks for; empty where it asks for nothing, and where nobody was told. A secret. */
  vncPassword: string;
  /** ISO 8601; when the domain was first seen running. */
  startedAt: string;
  /** Whether the machine is what its `waitFor` asks for. */
  ready: boolean;
  /** How often HTCondor has started it: 1 for one that never lost its node. */
  starts: number;
  /** ISO 8601, by the access point's clock; when HTCondor removes the machine. */
  leaseEndsAt: string;
  /** Why it does not run, for people: a hold's reason, a node's words. Empty while it runs. */
  message: string;
}

/** Inputs, and the private key for what a machine's node tells its owner alone; absent: nobody has it any more. */
export type Recorded = InstanceInputs & { readonly consoleKey?: string | undefined };

/**
 * What was seen of a machine, as its outputs.
 *
 * @param consoleKey - the private key that belongs to the job's seal key
 */
export function observedOutputs(id: string, seen: Observation, consoleKey: string | undefined) {
  const { state, host, ipAddress, addresses, macAddresses, vncAddress, startedAt, starts, leaseUntil } = seen;
  const vncPassword = consoleKey === undefined ? "" : (open(seen.sealedVncPassword, consoleKey, id) ?? "");
  const leaseEndsAt = leaseUntil === undefined ? "" : new Date(leaseUntil * 1000).toISOString();
  // What a node says about a machine that runs well is progress, and would look like drift.
  const message = state === "running" ? "" : seen.message;
  return {
    ...{ jobId: jobIdOf(id), state, host, ipAddress, addresses, macAddresses },
    ...{ vncAddress, vncPassword, startedAt, starts, leaseEndsAt, message },
  };
}

/**
 * Inputs and outputs under their names, as they go into the state.
 *
 * @param ready - whether the machine is what its `waitFor` asks for
 */
export function outputsOf(id: string, inputs: Recorded, seen: Observation, ready: boolean): InstanceOutputs {
  return { ...inputs, macAddress: specOf(inputs).macAddress, ...observedOutputs(id, seen, inputs.consoleKey), ready };
}
