import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { USER } from "../accounts.ts";
import type { Sandbox } from "../sandbox.ts";
import { shellQuote } from "../shell-quote.ts";
import type { ActionContext } from "./action.ts";

/** HTCondor's commands for those who use a pool. */
const COMMANDS = [
  "condor_config_val",
  "condor_drain",
  "condor_history",
  "condor_hold",
  "condor_ping",
  "condor_prio",
  "condor_q",
  "condor_qedit",
  "condor_release",
  "condor_rm",
  "condor_status",
  "condor_submit",
  "condor_suspend",
  "condor_continue",
  "condor_tail",
  "condor_token_list",
  "condor_transfer_data",
  "condor_userlog",
  "condor_userprio",
  "condor_vacate_job",
  "condor_version",
  "condor_wait",
  "condor_who",
];

/** Makes the client commands: each is run on the sandbox's access point as its ordinary user, from outside. */
export async function makeClients({ sandbox }: ActionContext): Promise<void> {
  await mkdir(sandbox.bin, { recursive: true, mode: 0o755 });
  for (const command of COMMANDS) {
    if (!existsSync(join(sandbox.root, "usr/bin", command))) continue;
    const file = join(sandbox.bin, command);
    await writeFile(file, clientScript(sandbox, command));
    await chmod(file, 0o755);
  }
}

/**
 * One client command, as a script that costs no process beside the command itself. It knows the access point by number
 * and start time of its process 1 (proc_pid_stat(5), field 22), so a number that went to a stranger is not entered. The
 * PID namespace is left out on purpose: entering it needs a process in between, which would not hand on signals.
 */
export function clientScript(sandbox: Pick<Sandbox, "name" | "manager">, command: string): string {
  const pidFile = join(sandbox.manager.folder, "pid");
  const down = `sandbox ${sandbox.name} is not running; start it with: condor-cloud sandbox up --name ${sandbox.name}`;
  return `#!/bin/sh
# ${command} on the access point of sandbox ${sandbox.name}. Files are those of the access point: submit from standard input.
down() { echo ${shellQuote(`${command}: ${down}`)} >&2; exit 1; }
state_and_start() { state=$1; shift 19; started_now=$1; }
{ read -r pid started < ${shellQuote(pidFile)}; } 2>/dev/null || down
{ read -r stat < "/proc/$pid/stat"; } 2>/dev/null || down
state_and_start \${stat##*) }
[ "$started_now" = "$started" ] && [ "$state" != Z ] || down
# Nothing of the caller's: CONDOR_CONFIG and every _CONDOR_… variable would change HTCondor's configuration.
exec env -i PATH="$PATH" LANG="\${LANG:-C.UTF-8}" nsenter -t "$pid" -m -n -u -i -r -w -S ${USER.uid} -G ${USER.gid} -- /usr/bin/${command} "$@"
`;
}
