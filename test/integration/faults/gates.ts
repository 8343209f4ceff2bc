import { access, chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { eventually } from "../pool/wait.ts";

/** The commands before and after which a trial may stop. */
const COMMANDS = ["condor_submit", "condor_qedit", "condor_rm", "condor_status"] as const;
export type Gate = `${"before" | "after"}-${(typeof COMMANDS)[number]}`;

/**
 * Stands in the client's way: scripts before HTCondor's own commands that wait at closed gates, so that a fault meets a
 * provider at a certain moment. Pool, HTCondor and Pulumi behind them are real.
 */
export class Gates {
  /** What `condor:commands` has to name. */
  readonly commands: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = join(folder, "gates");
    this.commands = join(folder, "commands");
  }

  /** Makes the scripts of one trial, all gates open. */
  static async make(folder: string): Promise<Gates> {
    const gates = new Gates(folder);
    await mkdir(gates.#folder, { recursive: true });
    await mkdir(gates.commands, { recursive: true });
    const path = inject("environment").PATH ?? "";
    for (const command of COMMANDS) {
      const file = join(gates.commands, command);
      await writeFile(file, script(command, path, gates.#folder));
      await chmod(file, 0o755);
    }
    return gates;
  }

  async close(gate: Gate): Promise<void> {
    await rm(join(this.#folder, `${gate}.reached`), { force: true });
    await writeFile(join(this.#folder, gate), "");
  }

  /** Waits until somebody stands at the gate. */
  async reached(gate: Gate): Promise<void> {
    const file = join(this.#folder, `${gate}.reached`);
    const exists = () =>
      access(file).then(
        () => true,
        () => false,
      );
    await eventually(`somebody to stand at the gate ${gate}`, exists, (there) => there, 120);
  }

  async open(gate: Gate): Promise<void> {
    await rm(join(this.#folder, gate), { force: true });
  }

  async openAll(): Promise<void> {
    for (const command of COMMANDS) {
      for (const side of ["before", "after"] as const) await this.open(`${side}-${command}`);
    }
  }
}

/**
 * The real command is the first of its name on the rest of the path. A gate that is gone with its folder is open, and
 * so is one whose test has died.
 */
function script(command: string, path: string, gates: string): string {
  return `#!/bin/sh
PATH='${path}'
pass() {
  [ ! -e "${gates}/$1" ] || : > "${gates}/$1.reached"
  while [ -e "${gates}/$1" ] && [ -d /proc/${process.pid} ]; do sleep 0.2; done
}
pass before-${command}
${command} "$@"
status=$?
pass after-${command}
exit $status
`;
}
