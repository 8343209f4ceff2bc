import { readdir, readFile } from "node:fs/promises";

/** A process of this machine. */
export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** The processes that descend from one, as long as their parents live. */
export async function descendantsOf(ancestor: number): Promise<Process[]> {
  const all = await processes();
  const found: Process[] = [];
  const parents = [ancestor];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop()) {
    const children = all.filter((process) => process.parent === parent);
    found.push(...children.map(({ pid, command }) => ({ pid, command })));
    parents.push(...children.map(({ pid }) => pid));
  }
  return found;
}

/** Ends what is left of these, each only if it still is what it was. */
export async function endLeftovers(family: readonly Process[]): Promise<void> {
  const living = await processes();
  for (const { pid, command } of family) {
    if (living.some((process) => process.pid === pid && process.command === command)) kill(pid, "SIGKILL");
  }
}

/** Sends a signal; one that ended meanwhile is no failure. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function processes(): Promise<(Process & { parent: number })[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
      const [stat, commandLine] = await Promise.all([read("stat"), read("cmdline")]);
      const [state = "Z", parent = "0"] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const command = commandLine.split("\0").join(" ").trim();
      return state === "Z" || stat === "" ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    }),
  );
  return found.flat();
}
