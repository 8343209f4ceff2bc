import { constants, createReadStream, createWriteStream } from "node:fs";
import { access, chmod, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isMissing, TEMPORARY_SUFFIX } from "./files.ts";
import { run } from "./run.ts";

/** The file in an instance folder that the machine's serial console is appended to. */
export const CONSOLE_FILE = "console.log";

/** What the console said before that file was last emptied. */
const OLDER_FILE = `${CONSOLE_FILE}.old`;

/**
 * Makes a machine's console log, before libvirt does, so that this account may read and empty it. libvirt gives the file
 * to QEMU's account (qemu.conf, `dynamic_ownership`), which an access control list survives and a mode does not.
 *
 * @throws Error when the file system or the node has no access control lists: the log is readable then, and not emptied
 */
export async function createConsoleLog(folder: string): Promise<void> {
  const path = join(folder, CONSOLE_FILE);
  await writeFile(path, "", { flag: "wx", mode: 0o600 });
  try {
    await run("setfacl", ["-m", `u:${process.geteuid?.() ?? 0}:rw`, path]);
  } catch (error) {
    // Only QEMU's account and this one reach the folder, so this opens it to nobody else.
    await chmod(path, 0o644);
    throw error;
  }
}

/**
 * Empties a console log that has outgrown its limit, and keeps its newest bytes, half of the limit, beside it: at most
 * half as much again as the limit is there, and what a guest writes between two calls. What it writes during the copy,
 * milliseconds, is lost.
 *
 * @throws Error when this account may not write to it
 */
export async function boundConsoleLog(folder: string, maxBytes: number): Promise<void> {
  const path = join(folder, CONSOLE_FILE);
  const size = await bytesOf(path);
  if (size === undefined || size <= maxBytes) return;
  const log = await open(path, "r+");
  try {
    await writeWhole(join(folder, OLDER_FILE), [{ path, start: size - Math.floor(maxBytes / 2), end: size }]);
    await log.truncate(0);
  } finally {
    await log.close();
  }
}

/** Copies what is left of a machine's console, the newest bytes of it, behind a heading. @returns whether there was any */
export async function copyConsoleLog(
  folder: string,
  target: string,
  heading: string,
  maxBytes: number,
): Promise<boolean> {
  const parts = await newestParts(folder, maxBytes);
  if (parts.length === 0) return false;
  await writeWhole(target, [heading, ...parts]);
  return true;
}

/** Of a file the bytes from `start` to its `end` when it was looked at: a guest may go on writing. */
export interface Part {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Where the newest bytes lie, the oldest first.
 *
 * @param size - up to where the log counts; absent: to its end
 */
export async function newestParts(folder: string, maxBytes: number, size?: number): Promise<Part[]> {
  const parts: Part[] = [];
  let wanted = maxBytes;
  for (const name of [CONSOLE_FILE, OLDER_FILE]) {
    const path = join(folder, name);
    const readable = await readableBytes(path);
    const bytes = name === CONSOLE_FILE ? Math.min(readable, size ?? readable) : readable;
    const start = Math.max(0, bytes - wanted);
    if (bytes > start) parts.unshift({ path, start, end: bytes });
    wanted -= bytes - start;
  }
  return parts;
}

/** The size of a file; undefined where there is none: its machine may have ended meanwhile. */
async function bytesOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** None where there is no file, or where virtlogd rolled it: its new files are root's alone. */
async function readableBytes(path: string): Promise<number> {
  const isReadable = await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
  return isReadable ? ((await bytesOf(path)) ?? 0) : 0;
}

/** The newest bytes of a machine's console as text; none where it cannot be read. */
export async function readNewest(folder: string, maxBytes: number): Promise<string> {
  const texts: string[] = [];
  for (const { path, start, end } of await newestParts(folder, maxBytes)) {
    texts.push((await readBytes(path, start, end)).toString("utf8"));
  }
  return texts.join("");
}

/** Reads a file from one byte on up to, but without, another; less where the file ends before. */
export async function readBytes(path: string, start: number, end: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, end - start)), 0, null, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Writes texts and parts of files one after the other, whole or not at all. */
async function writeWhole(target: string, parts: readonly (string | Part)[]): Promise<void> {
  const temporary = `${target}${TEMPORARY_SUFFIX}`;
  try {
    await writeFile(temporary, "", { mode: 0o640 });
    for (const part of parts) {
      const input =
        typeof part === "string" ? [part] : createReadStream(part.path, { start: part.start, end: part.end - 1 });
      await pipeline(input, createWriteStream(temporary, { flags: "a" }));
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
