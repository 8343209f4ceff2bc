import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";

/** The commands of HTCondor that the provider runs. */
const COMMANDS = [
  ...["condor_submit", "condor_q", "condor_qedit", "condor_rm", "condor_history"],
  ...["condor_status", "condor_config_val", "condor_tail", "condor_version", "condor_ping"],
] as const;

/** So much of a call is written down, so that calls at the same time do not mix. */
const CALL_CHARACTERS = 4000;

/** What every query asks for says nothing about which one it is. */
const ATTRIBUTES = / -attributes \S+/;

/** Scripts before HTCondor's own commands that write down each call. Pool and HTCondor behind them are real. */
export class CountedCommands {
  /** What `condor:commands` has to name. */
  readonly folder: string;
  readonly #log: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.#log = join(folder, "calls.log");
  }

  /** @param folder - is made, for the scripts and what they write */
  static async make(folder: string): Promise<CountedCommands> {
    const counted = new CountedCommands(folder);
    await mkdir(folder, { recursive: true });
    for (const command of COMMANDS) {
      const file = join(folder, command);
      await writeFile(file, script(command, inject("environment").PATH ?? "", counted.#log));
      await chmod(file, 0o755);
    }
    return counted;
  }

  /** The calls since the last time that it was asked, in their order: each the command and what it asked about. */
  async take(): Promise<string[]> {
    const text = await readFile(this.#log, "utf8").catch(() => "");
    await rm(this.#log, { force: true });
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(ATTRIBUTES, ""));
  }
}

/** The real command is the first of its name on the rest of the path. */
function script(command: string, path: string, log: string): string {
  return `#!/bin/sh
PATH='${path}'
printf '%.${CALL_CHARACTERS}s\\n' "${command} $*" >> '${log}'
exec ${command} "$@"
`;
}
