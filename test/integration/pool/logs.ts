import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";

/** What a node's agent and startd said last. */
const TAILS = [
  ["/var/lib/condor-cloud/log/agent.log", "40"],
  ["/var/log/condor/StartLog", "25"],
] as const;

/** Does something about a node; its error ends with the last lines of the node's logs. */
export async function withLogsOf<T>(node: Machine, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    const tails = TAILS.map(([file, lines]) => runIn(node, ["tail", "-n", lines, file]).catch(String));
    const logs = (await Promise.all(tails)).join("\n--\n");
    throw new Error(`${cause instanceof Error ? cause.message : cause}\n-- ${node.name}\n${logs}`, { cause });
  }
}
