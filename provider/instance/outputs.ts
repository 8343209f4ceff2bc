import { jobIdOf } from "../../contract/global-job-id.ts";
import { type InstanceInputs, specOf } from "./inputs.ts";
import type { Observation } from "./state.ts";

/** What an instance answers beside its inputs. Every field is always there; empty text means "not known (yet)". */
export interface InstanceOutputs extends Record<string, unknown> {
  /** `cluster.proc`, as HTCondor's commands take it. Numbers repeat when a pool is rebuilt; the id does not. */
  jobId: string;
  /** What the machine does (state.ts). */
  state: string;
  /** The execute node. */
  host: string;
  ipAddress: string;
  macAddress: string;
  /** `host:port` of the VNC console. */
  vncAddress: string;
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

/** What was seen of a machine, as its outputs. */
export function observedOutputs(id: string, seen: Observation) {
  const { state, host, ipAddress, vncAddress, startedAt, starts, leaseUntil } = seen;
  const leaseEndsAt = leaseUntil === undefined ? "" : new Date(leaseUntil * 1000).toISOString();
  // What a node says about a machine that runs well is progress, and would look like drift.
  const message = state === "running" ? "" : seen.message;
  return { jobId: jobIdOf(id), state, host, ipAddress, vncAddress, startedAt, starts, leaseEndsAt, message };
}

/**
 * Inputs and outputs under their names, as they go into the state.
 *
 * @param ready - whether the machine is what its `waitFor` asks for
 */
export function outputsOf(id: string, inputs: InstanceInputs, seen: Observation, ready: boolean): InstanceOutputs {
  return { ...inputs, macAddress: specOf(inputs).macAddress, ...observedOutputs(id, seen), ready };
}
