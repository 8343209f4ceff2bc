import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";

/** A process of a node. */
export interface NodeProcess {
  /** Its number in the node's own namespace. */
  readonly pid: number;
  readonly command: string;
}

/** The processes of a node that live and whose command line is of a form. */
export async function processesOn(node: Machine, form: RegExp): Promise<NodeProcess[]> {
  const output = await runIn(node, ["ps", "-ww", "-eo", "pid=,stat=,args="]);
  return output.split("\n").flatMap((line) => {
    const [, pid, status = "", command = ""] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return status.startsWith("Z") || !form.test(command) ? [] : [{ pid: Number(pid), command }];
  });
}

/** Kills processes of a node with SIGKILL; one that ended meanwhile is no failure. */
export async function killOn(node: Machine, processes: readonly NodeProcess[]): Promise<void> {
  if (processes.length === 0) return;
  const pids = processes.map(({ pid }) => String(pid));
  await runIn(node, ["sh", "-c", 'for pid; do kill -9 "$pid" 2>/dev/null || :; done', "sh", ...pids]);
}
