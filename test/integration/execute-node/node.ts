import type { NodeConfiguration } from "../../../execute-node/configuration.ts";
import { CONFIGURATION_FILE } from "../../../execute-node/configuration.ts";
import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { complaints, nodeState } from "../pool/node-state.ts";
import { killOn, type NodeProcess, processesOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";

/** How an agent's command line looks. */
export const AGENT = /^\S*node\S* \S*condor-cloud-node\.cjs agent/;

/** The agent of a node. @throws Error when it does not run */
export async function agentOf(node: Machine): Promise<NodeProcess> {
  const [agent] = await processesOn(node, AGENT);
  if (agent === undefined) throw new Error(`${node.name} has no agent.`);
  return agent;
}

/** The bytes that a node's agent has read from files and sockets since it started. */
export async function bytesReadByAgentOf(node: Machine): Promise<number> {
  const { pid } = await agentOf(node);
  const io = await runIn(node, ["cat", `/proc/${pid}/io`]);
  return Number(/^rchar: (\d+)$/m.exec(io)?.[1]);
}

/** Changes a node's configuration and has its agent start anew with it. @returns what takes the change back */
export async function reconfigure(node: Machine, change: Partial<NodeConfiguration>): Promise<() => Promise<void>> {
  const before = await runIn(node, ["cat", CONFIGURATION_FILE]);
  await writeConfiguration(node, JSON.stringify({ ...JSON.parse(before), ...change }));
  return () => writeConfiguration(node, before);
}

async function writeConfiguration(node: Machine, text: string): Promise<void> {
  await runIn(node, ["sh", "-c", 'printf %s "$1" > "$2"', "sh", text, CONFIGURATION_FILE]);
  const killedAt = Date.now();
  await killOn(node, [await agentOf(node)]);
  await whole(node, killedAt);
}

/** How long a node may take to be whole again, in seconds: HTCondor notices last that a node's jobs are lost. */
export const CONVERGENCE_SECONDS = 240;

/**
 * Waits until nothing is to complain of a node.
 *
 * @param sinceMilliseconds - its agent has spoken after that
 */
export async function whole(node: Machine, sinceMilliseconds: number, seconds = CONVERGENCE_SECONDS): Promise<void> {
  const lacks = () =>
    nodeState(node).then(
      (state) => complaints(state, sinceMilliseconds / 1000),
      (error) => [String(error)],
    );
  await eventually(`${node.name} to be whole`, lacks, (found) => found.length === 0, seconds);
}
