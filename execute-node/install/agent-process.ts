import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { isMissing } from "../agent/files.ts";
import { BUNDLE_FILE, PROGRAM_FOLDER } from "./configuration.ts";
import { runPatiently } from "./patient-run.ts";

/**
 * The agents that run on this machine, wherever they listen, by their process numbers. Only those of HTCondor's account
 * and of this machine: a process of anybody else's, or of a container's, may be called the same.
 */
export async function findAgents(account: string): Promise<number[]> {
  const uid = Number(await runPatiently("id", ["-u", "--", account]).catch(() => "NaN"));
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await isOurs(pid, uid)) ? [pid] : [])));
  return found.flat();
}

/**
 * Has an agent end by itself, which no machine notices. One that is gone already is fine.
 *
 * @throws Error when the process is none
 */
export async function endAgent(pid: number): Promise<void> {
  const words = await wordsOf(pid);
  if (words === undefined) return;
  if (!isAgent(words)) throw new Error(`Process ${pid} is not the agent: ${words.join(" ")}`);
  process.kill(pid, "SIGTERM");
}

/** Whether a command line is the agent's. Pure. */
export function isAgent(words: readonly string[]): boolean {
  return words.includes(`${PROGRAM_FOLDER}/${BUNDLE_FILE}`) && words.includes("agent");
}

async function isOurs(pid: number, uid: number): Promise<boolean> {
  const words = await wordsOf(pid);
  if (words === undefined || !isAgent(words)) return false;
  try {
    const [owner, space, ours] = await Promise.all([
      stat(`/proc/${pid}`),
      readlink(`/proc/${pid}/ns/pid`),
      readlink("/proc/self/ns/pid"),
    ]);
    return owner.uid === uid && space === ours;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function wordsOf(pid: number): Promise<string[] | undefined> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  } catch (error) {
    // ESRCH: it ended while it was read.
    if (isMissing(error) || (error instanceof Error && "code" in error && error.code === "ESRCH")) return undefined;
    throw error;
  }
}
