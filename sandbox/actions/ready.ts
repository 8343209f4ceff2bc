import { HEARTBEAT_TIMEOUT_SECONDS } from "../../contract/node-report.ts";
import { askQueue, type NodeState, readPool } from "../pool-state.ts";
import type { Machine, Sandbox } from "../sandbox.ts";
import type { ActionContext } from "./action.ts";
import { type Missing, waitFor } from "./wait.ts";

/** A node with libvirt and its agent is in the collector after about 6 s on two cores. */
const READY_TIMEOUT_SECONDS = 90;

/**
 * How long a machine that runs may lack something. A manager that starts again is known to its nodes after 20 s, and to
 * start a node again ends the virtual machines on it.
 */
const PATIENCE_SECONDS = 30;

/** Those of the machines that stay incomplete by themselves, such as an execute node whose libvirt has died. */
export async function stuckMachines(context: ActionContext, machines: readonly Machine[]): Promise<Machine[]> {
  const deadline = Date.now() + PATIENCE_SECONDS * 1000;
  const look = async () => {
    const missing = await missingParts(context.sandbox);
    const stuck = machines.filter((machine) => missing.some((part) => part.machine === machine));
    // Where the manager does not answer, nothing is known of the others.
    const unknown = missing.some((part) => part.machine === context.sandbox.manager);
    if ((stuck.length === 0 && !unknown) || Date.now() > deadline) return { value: stuck };
    return { missing };
  };
  return waitFor(context, PATIENCE_SECONDS * 2, look);
}

/** Waits until a user of the pool can submit and each execute node can run a machine. */
export async function waitReady(context: ActionContext): Promise<void> {
  await waitFor(context, READY_TIMEOUT_SECONDS, async () => {
    const missing = await missingParts(context.sandbox);
    return missing.length === 0 ? { value: undefined } : { missing };
  });
}

/** What a sandbox lacks to be ready; empty when it is. */
export async function missingParts(sandbox: Sandbox): Promise<Missing[]> {
  try {
    const [node] = await Promise.all([readPool(sandbox), askQueue(sandbox)]);
    return sandbox.executeNodes.flatMap((machine) => {
      const lack = lackOf(node(machine));
      return lack === undefined ? [] : [{ what: `${lack} of ${machine.name}`, machine }];
    });
  } catch (error) {
    const what = `an answer of the access point (${error instanceof Error ? error.message : error})`;
    return [{ what, machine: sandbox.manager }];
  }
}

function lackOf(state: NodeState | undefined): string | undefined {
  if (!state) return "the collector's ad";
  if (state.offlineReason) return `HasVM (${state.offlineReason})`;
  if (state.canRunMachines !== true) return "HasVM";
  const silentSeconds = Date.now() / 1000 - (state.heartbeat ?? 0);
  return silentSeconds > HEARTBEAT_TIMEOUT_SECONDS ? "a sign of life from the node agent" : undefined;
}
