import { createHash, randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { TEMPORARY_PREFIX } from "../../contract/store-layout.ts";
import { systemErrorCode, unlessMissing } from "./errors.ts";

/** A temporary that nobody wrote to for this long is dead, wherever its writer ran: a day. */
const STALE_MILLISECONDS = 24 * 3600 * 1000;

/**
 * Where process ids mean something: this machine and PID namespace. A store is shared, so a writer on another machine
 * must not be taken for a dead one here.
 */
const PLACE = createHash("sha256").update(`${hostname()} ${pidNamespace()}`).digest("hex").slice(0, 12);

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return ""; // No such thing outside Linux.
  }
}

/** The path of a new temporary of this process in a folder. */
export function temporaryPath(folder: string): string {
  return join(folder, `${TEMPORARY_PREFIX}${PLACE}.${process.pid}.${randomBytes(6).toString("hex")}`);
}

/**
 * Writes a file that appears whole or not at all: in a temporary, flushed, made readable for the execute nodes, and
 * renamed. When the work fails or the process dies, at most the temporary is left.
 *
 * @param write - fills the file and answers with the name it shall have, and what else is worth knowing
 * @returns what `write` answered
 */
export async function writeWhole<T extends { readonly fileName: string }>(
  folder: string,
  write: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const temporary = temporaryPath(folder);
  try {
    const written = await fill(temporary, write);
    await rename(temporary, join(folder, written.fileName));
    await syncFolder(folder);
    return written;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function fill<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, "wx+", 0o600);
  try {
    const written = await write(file);
    await file.chmod(0o644);
    await file.sync();
    return written;
  } finally {
    await file.close();
  }
}

/** Makes a rename or a removal in a folder last beyond a power failure. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some network and FUSE file systems cannot flush a folder; there the rename lasts when their server says so.
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP"].includes(systemErrorCode(error) ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** Clears the temporaries whose writer is dead; those of a writer at work stay, whoever it is. */
export async function clearDeadTemporaries(folder: string): Promise<void> {
  for (const path of await deadTemporaries(folder)) await rm(path, { force: true });
}

/** The paths of the temporaries whose writer is dead; none where there is no such folder yet. */
export async function deadTemporaries(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of (await unlessMissing(readdir(folder))) ?? []) {
    if (name.startsWith(TEMPORARY_PREFIX) && (await isDead(folder, name))) paths.push(join(folder, name));
  }
  return paths;
}

async function isDead(folder: string, name: string): Promise<boolean> {
  const [place, pid] = name.slice(TEMPORARY_PREFIX.length).split(".");
  if (place === PLACE && pid !== undefined && /^[1-9][0-9]{0,9}$/.test(pid) && !isAlive(Number(pid))) return true;
  const found = await unlessMissing(stat(join(folder, name))); // Missing: its writer was quicker.
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MILLISECONDS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) !== "ESRCH"; // EPERM: alive, and somebody else's.
  }
}
