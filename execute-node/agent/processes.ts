import { readdirSync, readFileSync } from "node:fs";

/** A process, told apart from a later one of the same number by when it began. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine booted (proc_pid_stat(5), field 22). */
  readonly startTicks: number;
}

/** What the kernel says of a process to everybody. */
export interface ProcessStat extends ProcessIdentity {
  readonly parentPid: number;
  /** The program's file name, of which the kernel keeps 15 characters. */
  readonly program: string;
  /** One letter; `Z` and `X` are dead. */
  readonly state: string;
}

/**
 * Parses /proc/PID/stat. The program's name stands in brackets and may hold any character, so it ends at the last
 * bracket.
 */
export function parseStat(text: string): ProcessStat | undefined {
  const match = /^(\d+) \((.*)\) ([A-Za-z]) (.*)$/s.exec(text.trim());
  const [parentPid, , , , , , , , , , , , , , , , , , startTicks] = match?.[4]?.split(" ").map(Number) ?? [];
  const [, pid, program, state] = match ?? [];
  if (pid === undefined || program === undefined || state === undefined) return undefined;
  if (parentPid === undefined || startTicks === undefined || !Number.isInteger(startTicks)) return undefined;
  return { pid: Number(pid), program, state, parentPid, startTicks };
}

/**
 * Whether a process is still there. One that cannot be looked at counts as alive, so that nothing is taken for dead that
 * is only hidden.
 */
export function isAlive({ pid, startTicks }: ProcessIdentity): boolean {
  const stat = statOf(pid);
  if (stat !== undefined) return stat.startTicks === startTicks && stat.state !== "Z" && stat.state !== "X";
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** The processes that run a program; none where the kernel does not show them (hidepid). One walk through /proc. */
function processesOf(program: string): ProcessStat[] {
  return readdirSync("/proc").flatMap((name) => {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    return stat?.program === program ? [stat] : [];
  });
}

/**
 * The starters of the startd, this agent's parent, by their slot: it gives each its slot as the argument `slot1_3`
 * after `-a`.
 */
export function startersBySlot(): Map<string, ProcessIdentity> {
  const starters = new Map<string, ProcessIdentity>();
  for (const stat of processesOf("condor_starter")) {
    const slot = slotOf(stat);
    if (stat.parentPid === process.ppid && slot !== undefined) starters.set(slot, stat);
  }
  return starters;
}

/**
 * Whether a starter may be about that works for none of these slots, such as one on its way out. True as well where the
 * kernel does not show everybody's processes (hidepid), which is known by the first.
 */
export function mayHaveStrayStarter(slots: ReadonlySet<string>): boolean {
  if (statOf(1) === undefined) return true;
  return processesOf("condor_starter").some((stat) => {
    const slot = slotOf(stat);
    return slot === undefined || !slots.has(slot);
  });
}

function slotOf({ pid }: ProcessIdentity): string | undefined {
  const args = readQuietly(`/proc/${pid}/cmdline`).split("\0");
  const option = args.indexOf("-a");
  return option < 0 ? undefined : args[option + 1];
}

/** The vm-gahps, by the process number of their starter. Their own number stands in vm-gahp's log. */
export function gahpsByStarter(): Map<number, ProcessIdentity> {
  return new Map(processesOf("condor_vm-gahp").map((stat) => [stat.parentPid, stat]));
}

function statOf(pid: number): ProcessStat | undefined {
  return parseStat(readQuietly(`/proc/${pid}/stat`));
}

/** Processes end while one looks. */
function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
