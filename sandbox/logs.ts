import { cp, mkdir, readFile } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import type { Machine, Sandbox } from "./sandbox.ts";

/** HTCondor's log folder in a machine. */
const CONDOR_LOGS = "/var/log/condor";

/** What is exported of each machine, as paths in it. */
const EXPORTED = [
  CONDOR_LOGS,
  "/var/log/libvirt",
  "/var/lib/condor-cloud/log",
  "/etc/condor/config.d",
  "/etc/condor-cloud",
  "/etc/libvirt/qemu/networks",
];

/** Lines that HTCondor's daemons write with each question that we ask while we wait. */
const CHATTER = /Number of Active Workers|QueryWorker|Query info|Got QUERY|^\s*$/;

/** The most lines of one log that an error repeats. */
const TAIL_LINES = 8;

/**
 * The last lines of a machine's log under its name, or nothing when there is none.
 *
 * @param file - `console`, a file of HTCondor's log folder, or an absolute path in the machine
 */
export async function logTail(machine: Machine, file: string): Promise<string> {
  const path = file === "console" ? join(machine.folder, "console.log") : upperPath(machine, logPath(file));
  const lines = (await readFile(path, "utf8").catch(() => "")).split("\n").filter((line) => !CHATTER.test(line));
  const tail = lines.slice(-TAIL_LINES).join("\n");
  return tail === "" ? "" : `${machine.name} ${file}:\n${tail.replace(/^/gm, "  ")}`;
}

/** Copies all logs, and the configuration that they speak of, into a folder; also those of a sandbox that is down. */
export async function exportLogs(sandbox: Sandbox, folder: string): Promise<void> {
  for (const machine of sandbox.machines) {
    const target = join(folder, machine.name);
    await mkdir(target, { recursive: true });
    await cp(join(machine.folder, "console.log"), join(target, "console.log")).catch(ignoreMissing);
    for (const path of EXPORTED) {
      await cp(upperPath(machine, path), join(target, path), { recursive: true, filter: isLog }).catch(ignoreMissing);
    }
  }
  await cp(join(sandbox.folder, "sandbox.json"), join(folder, "sandbox.json"));
}

/** Logs are made by the machine, so all of them are in its upper layer. */
function upperPath(machine: Machine, path: string): string {
  return join(machine.folder, "upper", path);
}

function logPath(file: string): string {
  return isAbsolute(file) ? file : join(CONDOR_LOGS, file);
}

/** Hidden files are addresses and claims, the latter secret. */
function isLog(source: string): boolean {
  return !basename(source).startsWith(".") && !source.endsWith(".sock");
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
