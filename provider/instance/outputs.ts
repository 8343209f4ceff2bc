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
}

/** What is not known of a machine that was just submitted. */
export const NOTHING_SEEN: Observation = {
  state: "queued",
  host: "",
  ipAddress: "",
  vncAddress: "",
  startedAt: "",
  message: "",
  awaitsReason: false,
};

/** What was seen of a machine, as its outputs. */
export function observedOutputs(id: string, seen: Observation) {
  const { state, host, ipAddress, vncAddress, startedAt } = seen;
  return { jobId: jobIdOf(id), state, host, ipAddress, vncAddress, startedAt };
}

/** Inputs and outputs under their names, as they go into the state. */
export function outputsOf(id: string, inputs: InstanceInputs, seen: Observation): InstanceOutputs {
  return { ...inputs, macAddress: specOf(inputs).macAddress, ...observedOutputs(id, seen) };
}
