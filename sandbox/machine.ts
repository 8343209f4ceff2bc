import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { type Accounts, readAccounts } from "./accounts.ts";
import { NAMESPACE_FOLDER, namespacesOf, plugIn, processesIn, removeNamespace } from "./actions/network.ts";
import { lastLines, run } from "./command.ts";
import { SandboxError } from "./errors.ts";
import { INSTALLER, type MachineFiles, STORE_MOUNT } from "./machine-files.ts";
import { makeFolderIn, writeFileInto } from "./overlay.ts";
import { asset } from "./paths.ts";
import { type Machine, namespacePrefix, type Sandbox } from "./sandbox.ts";

/** A machine lays its mounts in well under a second; killed processes are gone as soon as the kernel gets to it. */
const MOMENT_MILLISECONDS = 10_000;

/** The pid of a machine's process 1 on the host; undefined when it does not run. */
export async function machinePid(machine: Machine): Promise<number | undefined> {
  const [pid, startTime] = (await readFile(join(machine.folder, "pid"), "utf8").catch(() => "")).trim().split(" ");
  if (!pid || !startTime) return undefined;
  const line = await readFile(`/proc/${Number(pid)}/stat`, "utf8").catch(() => "");
  // Number and start time name a process for ever. A zombie (state Z) is waiting to be reaped and runs nothing.
  const [state, ...fields] = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return state !== "Z" && fields[18] === startTime ? Number(pid) : undefined;
}

/** When a machine was started, in Unix seconds; undefined when it never was. */
export async function machineStartTime(machine: Machine): Promise<number | undefined> {
  const written = await stat(join(machine.folder, "pid")).catch(() => undefined);
  return written && written.mtimeMs / 1000;
}

/** Whether a machine runs, and with these files. */
export async function runsWith(machine: Machine, files: MachineFiles): Promise<boolean> {
  if ((await machinePid(machine)) === undefined) return false;
  return (await readFile(join(machine.folder, "digest"), "utf8").catch(() => "")) === files.digest;
}

/**
 * Starts a machine that does not run: lays out its overlay, plugs it in, and starts its process 1 in namespaces of its
 * own, where it outlives us. What is in its upper layer already, such as the job queue, stays.
 *
 * @param token - the pool's token, for a machine that is not the manager
 */
export async function startMachine(
  sandbox: Sandbox,
  machine: Machine,
  files: MachineFiles,
  token: string | undefined,
): Promise<void> {
  await stopMachine(machine);
  await layOutOverlay(sandbox, machine, files, token, await readAccounts(sandbox.root));
  await plugIn(sandbox, machine);
  const log = createWriteStream(join(machine.folder, "console.log"), { flags: "a" });
  await once(log, "open"); // an open file is handed over as it is, and outlives us
  const namespaces = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"];
  const script = [
    asset("machine.sh"),
    machine.folder,
    machine.host,
    machine.role,
    sandbox.store,
    STORE_MOUNT,
    INSTALLER,
  ];
  const child = execa(
    "nsenter",
    [`--net=${join(NAMESPACE_FOLDER, machine.namespace)}`, "unshare", ...namespaces, "sh", ...script],
    // PATH: the daemons' own, not that of whoever calls us.
    {
      detached: true,
      cleanup: false,
      reject: false,
      buffer: false,
      stdin: "ignore",
      stdout: log,
      stderr: log,
      extendEnv: false,
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
    },
  );
  child.unref();
  log.close();
  const deadline = Date.now() + MOMENT_MILLISECONDS;
  while ((await machinePid(machine)) === undefined) {
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new SandboxError({ what: `Machine ${machine.name} did not start.`, why: await consoleTail(machine) });
    }
    await sleep(20);
  }
}

/**
 * Ends a machine and takes its network namespace away, whatever is left of it: all that it ever started is found by
 * that namespace, so a crash at any point before leaves nothing that this does not end.
 */
export async function stopMachine(machine: Machine): Promise<void> {
  if ((await namespacesOf(machine.namespace)).includes(machine.namespace)) await clearNamespace(machine.namespace);
  await rm(join(machine.folder, "pid"), { force: true });
}

/** Ends all processes of a network namespace and removes it. */
export async function clearNamespace(namespace: string): Promise<void> {
  const deadline = Date.now() + MOMENT_MILLISECONDS;
  for (;;) {
    const processes = await processesIn(namespace);
    if (processes.length === 0) break;
    if (Date.now() > deadline) {
      throw new SandboxError({
        what: `Processes of ${namespace} do not end: ${processes.join(", ")}.`,
        remedy: "Look at them with `ps`; then run `condor-cloud sandbox down` again.",
      });
    }
    for (const pid of processes) kill(pid);
    await sleep(20);
  }
  await removeNamespace(namespace);
}

/** Ends all processes of a sandbox and removes its network, by its name alone. */
export async function clearAll(name: string): Promise<void> {
  await Promise.all((await namespacesOf(namespacePrefix(name))).map(clearNamespace));
}

/** The last words of a machine's process 1 and of what it started without a log of its own. */
export async function consoleTail(machine: Machine): Promise<string> {
  return lastLines(await readFile(join(machine.folder, "console.log"), "utf8").catch(() => ""), 8);
}

async function layOutOverlay(
  sandbox: Sandbox,
  machine: Machine,
  files: MachineFiles,
  token: string | undefined,
  accounts: Accounts,
): Promise<void> {
  for (const layer of ["upper", "merged"]) await mkdir(join(machine.folder, layer), { recursive: true, mode: 0o755 });
  // What a killed overlay left here is of no use to the next.
  await rm(join(machine.folder, "work"), { recursive: true, force: true });
  await mkdir(join(machine.folder, "work"));
  const lower = join(machine.folder, "lower");
  await rm(lower, { force: true });
  await symlink(sandbox.root, lower);

  const layers = { lower: sandbox.root, upper: join(machine.folder, "upper"), accounts };
  for (const folder of files.folders) await makeFolderIn(layers, folder);
  for (const file of files.files) await writeFileInto(layers, file);
  if (token !== undefined) {
    await makeFolderIn(layers, { path: "/etc/condor/tokens.d", mode: 0o700, owner: "root:root" });
    const path = "/etc/condor/tokens.d/pool";
    await writeFileInto(layers, { path, mode: 0o600, owner: "root:root", content: token });
  }
  await writeFile(join(machine.folder, "digest"), files.digest);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

/** Runs a command inside a machine as root and gives its output. */
export async function runIn(machine: Machine, command: readonly string[], signal?: AbortSignal): Promise<string> {
  const pid = await machinePid(machine);
  if (pid === undefined) throw new SandboxError({ what: `Machine ${machine.name} does not run.` });
  return run("nsenter", [...enterArguments(pid), ...command], { signal });
}

/** The arguments by which `nsenter` enters a machine whole. */
export function enterArguments(pid: number): string[] {
  return ["--target", String(pid), "--mount", "--net", "--uts", "--ipc", "--pid", "--root", "--wd", "--"];
}
