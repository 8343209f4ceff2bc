import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shellQuote } from "../../sandbox/shell-quote.ts";
import type { Commands } from "./results.ts";

/** A folder of HTCondor's commands that tell each of their calls before they become the real ones. */
export interface CountedCommands {
  /** What `condor:commands` is set to. */
  readonly bin: string;
  /** What was called since the last time that this was asked for. */
  take(): Promise<Called>;
}

/** Calls of commands. */
export interface Called {
  readonly commands: Commands;
  /** When each was called, in seconds since the machine started, to a hundredth. */
  readonly calls: readonly { readonly at: number; readonly command: string }[];
}

/**
 * Makes the folder: of each command a shell script that adds a line to a log, without a process of its own, and becomes
 * the real one. It costs a call about a millisecond.
 *
 * @param real - the folder of the real commands
 */
export async function countCommands(folder: string, real: string): Promise<CountedCommands> {
  const bin = join(folder, "counted");
  const log = join(folder, "calls.log");
  await mkdir(bin, { recursive: true });
  await writeFile(log, "");
  for (const command of await readdir(real)) {
    if (!/^condor_[a-z_]+$/.test(command)) continue;
    const file = join(bin, command);
    await writeFile(file, countingScript(command, join(real, command), log));
    await chmod(file, 0o755);
  }
  return {
    bin,
    async take() {
      const text = await readFile(log, "utf8");
      await writeFile(log, "");
      return parseCalls(text);
    },
  };
}

/** A script that tells that it was called, and becomes the real command. */
export function countingScript(command: string, real: string, log: string): string {
  return `#!/bin/sh
read -r now rest < /proc/uptime
echo "$now ${command}" >> ${shellQuote(log)}
exec ${shellQuote(real)} "$@"
`;
}

/** Reads what the scripts told. */
export function parseCalls(text: string): Called {
  const calls = [...text.matchAll(/^([0-9.]+) (condor_[a-z_]+)$/gm)].map(([, at, command]) => ({
    at: Number(at),
    command: String(command),
  }));
  const commands: Record<string, number> = {};
  for (const { command } of calls) commands[command] = (commands[command] ?? 0) + 1;
  return { commands, calls };
}

/** How many commands were run. */
export function total(commands: Commands): number {
  return Object.values(commands).reduce((sum, count) => sum + count, 0);
}

/** `2 condor_q, 1 condor_submit`, the most frequent first. */
export function commandsTold(commands: Commands): string {
  const entries = Object.entries(commands).sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
  return entries.map(([command, count]) => `${count} ${command}`).join(", ");
}
