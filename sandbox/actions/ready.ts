import { HEARTBEAT_TIMEOUT_SECONDS } from "../../contract/node-report.ts";
import { askQueue, type NodeState, readPool } from "../pool-state.ts";
import type { Sandbox } from "../sandbox.ts";
import type { ActionContext } from "./action.ts";
import { type Missing, waitFor } from "./wait.ts";

/** A node with libvirt and its agent is in the collector after about 6 s on two cores. */
const READY_TIMEOUT_SECONDS = 90;

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
