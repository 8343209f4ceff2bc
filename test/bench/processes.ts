import { readdir, readFile } from "node:fs/promises";
import { setInterval as ticks } from "node:timers/promises";

/** The kernel counts a process's time in these (USER_HZ, time(7)); it is 100 wherever Linux runs. */
const TICKS_PER_SECOND = 100;

/** How often a tree of processes is looked at. A peak is kept by the kernel, so only one of the last moment is missed. */
const PAUSE_MILLISECONDS = 200;

/** What Pulumi's host of dynamic providers has on its command line. */
const PROVIDER = "dynamic-provider";

/** Seconds of processor time of all children of this process that have ended, and of theirs (proc_pid_stat(5)). */
export async function childrenCpuSeconds(): Promise<number> {
  return parseChildrenTicks(await readFile("/proc/self/stat", "utf8")) / TICKS_PER_SECOND;
}

/** The fields cutime and cstime of a line of /proc/PID/stat, added; the name before them may hold anything. */
export function parseChildrenTicks(line: string): number {
  const fields = line
    .slice(line.lastIndexOf(")") + 2)
    .trim()
    .split(" ");
  return Number(fields[13]) + Number(fields[14]);
}

/** The most that a process had resident, in MiB, from /proc/PID/status. */
export function parsePeakMiB(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

/**
 * Follows a process until it is told to stop, and answers the most memory that a provider below it had resident, in MiB.
 * 0 where there was none.
 */
export async function providerPeakMiB(root: number, until: AbortSignal): Promise<number> {
  let peak = 0;
  try {
    for await (const _ of ticks(PAUSE_MILLISECONDS, undefined, { signal: until })) {
      peak = Math.max(peak, await providerMiB(root));
    }
  } catch (error) {
    if (!until.aborted) throw error;
  }
  return peak;
}

/** The most that a provider below a process had resident so far, in MiB; 0 where there is none now. */
export async function providerMiB(root: number): Promise<number> {
  const peaks = (await descendants(root)).map(async (pid) =>
    (await told(pid, "cmdline")).includes(PROVIDER) ? parsePeakMiB(await told(pid, "status")) : 0,
  );
  return Math.max(...(await Promise.all(peaks)));
}

/** All processes below one, and itself. A child is listed at the thread that made it, and Pulumi has many. */
async function descendants(root: number): Promise<number[]> {
  const threads = await readdir(`/proc/${root}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => told(root, `task/${thread}/children`)));
  const children = lists.join(" ").split(/\s+/).filter(Boolean).map(Number);
  return [root, ...(await Promise.all(children.map(descendants))).flat()];
}

/** What the kernel tells of a process; empty where it has ended. */
async function told(pid: number, what: string): Promise<string> {
  return await readFile(`/proc/${pid}/${what}`, "utf8").catch(() => "");
}
