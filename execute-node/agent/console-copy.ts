import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { SCRATCH_CONSOLE } from "../../contract/scratch.ts";
import { CONSOLE_FILE, newestParts, type Part } from "./console-log.ts";
import { isMissing } from "./files.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./refusal.ts";
import { run } from "./run.ts";

/** How much is copied at a time, in bytes. */
const CHUNK_BYTES = 64 * 1024;

/** Where machines' owners read consoles, and whose files those are. */
export interface CopySettings {
  /** HTCondor's EXECUTE, without links: the scratch directories lie in it. */
  readonly executeFolder: string;
  /** The number of the account of VM jobs. */
  readonly jobUid: number;
  /** The most that one takes, in bytes. */
  readonly maxBytes: number;
}

/** Asks HTCondor and the system for what copies need. */
export async function copySettings(jobAccount: string, maxBytes: number): Promise<CopySettings> {
  const [execute, uid] = await Promise.all([run("condor_config_val", ["EXECUTE"]), run("id", ["-u", jobAccount])]);
  return { executeFolder: await realpath(execute.trim()), jobUid: Number(uid.trim()), maxBytes };
}

/**
 * The file of a job's scratch directory that its console is copied to; undefined where what a request says of that directory
 * is not where HTCondor makes it for this starter: `dir_PID`, and from version 25 on a folder `scratch` in that.
 *
 * Whoever has the account of VM jobs can write a request, so it decides nothing: which starter a job has is the startd's word
 * and the kernel's.
 */
export function copyPath(
  executeFolder: string,
  scratch: string | undefined,
  starterPid: number | undefined,
): string | undefined {
  if (starterPid === undefined || scratch === undefined) return undefined;
  const folder = join(executeFolder, `dir_${starterPid}`);
  return [folder, join(folder, "scratch")].includes(scratch) ? join(scratch, SCRATCH_CONSOLE) : undefined;
}

/**
 * Copies what machines say on their serial consoles into their jobs' scratch directories, where HTCondor gives it to the
 * job's owner alone (`condor_tail`). These belong to the account of VM jobs, so each file is looked at anew before anything
 * is written: only a plain file of that account, with no second name, in its own place. What fails is logged once, and harms
 * no machine.
 */
export class ConsoleCopies {
  readonly #settings: CopySettings;
  readonly #log: Log;
  /** How far each console is copied, by the copy's path; undefined: no further. */
  readonly #offsets = new Map<string, number | undefined>();

  constructor(settings: CopySettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  /** Where the console of a job with this starter is copied to; undefined: nowhere, which is logged. */
  pathFor(globalJobId: string, scratch: string | undefined, starterPid: number | undefined): string | undefined {
    const path = copyPath(this.#settings.executeFolder, scratch, starterPid);
    if (path === undefined) {
      const why =
        scratch === undefined ? "the hook made no file for it" : "its scratch directory is not where it should be";
      this.#log(`the owner of ${globalJobId} cannot read its console: ${why}`);
    }
    return path;
  }

  /** Copies what is new; that costs one `stat` where nothing is. */
  async copy(instanceFolder: string, target: string): Promise<void> {
    if (this.#offsets.has(target) && this.#offsets.get(target) === undefined) return;
    try {
      const size = (await stat(join(instanceFolder, CONSOLE_FILE))).size;
      const offset = this.#offsets.get(target);
      if (size === offset) return;
      const file = await openCopy(target, this.#settings.jobUid);
      try {
        await this.#write(file, instanceFolder, offset, size);
        this.#offsets.set(target, size);
      } finally {
        await file.close();
      }
    } catch (error) {
      // The machine may be ending.
      if (!isMissing(error)) this.#log(`${target} gets no console any more: ${messageOf(error)}`);
      this.#offsets.set(target, undefined);
    }
  }

  /** Forgets the copies of machines that are no more. */
  keepOnly(targets: ReadonlySet<string>): void {
    for (const target of this.#offsets.keys()) if (!targets.has(target)) this.#offsets.delete(target);
  }

  async #write(file: FileHandle, folder: string, offset: number | undefined, size: number): Promise<void> {
    const { maxBytes } = this.#settings;
    // A console that is shorter than before was emptied, after it had been copied.
    const start = offset === undefined || offset > size ? 0 : offset;
    const written = (await file.stat()).size;
    if (offset !== undefined && written + size - start <= maxBytes) {
      return append(file, { path: join(folder, CONSOLE_FILE), start, end: size });
    }
    // A new agent does not know how far the last one came; a full copy begins anew with the newest half.
    await file.truncate(0);
    const room = offset === undefined ? maxBytes : Math.floor(maxBytes / 2);
    for (const part of await newestParts(folder, room, size)) await append(file, part);
  }
}

/**
 * Opens a copy for appending.
 *
 * @throws Error when it is a link, no plain file, has a second name, is another account's or in another place
 */
export async function openCopy(path: string, uid: number): Promise<FileHandle> {
  const { O_WRONLY, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  // A pipe would be waited for without O_NONBLOCK.
  const file = await open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.nlink !== 1) throw new Error("it is no plain file of one name");
    if (found.uid !== uid) throw new Error(`it belongs to account ${found.uid}, not ${uid}`);
    // The kernel's own word of where it lies: a folder on the way may have been a link.
    const place = await readlink(`/proc/self/fd/${file.fd}`);
    if (place !== path) throw new Error(`it lies at ${place}`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Appends a part of another file, as much of it as there is. */
async function append(file: FileHandle, { path, start, end }: Part): Promise<void> {
  const source = await open(path, constants.O_RDONLY);
  try {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, end - start));
    for (let at = start; at < end; ) {
      const { bytesRead } = await source.read(chunk, 0, Math.min(chunk.length, end - at), at);
      if (bytesRead === 0) return;
      await file.write(chunk, 0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await source.close();
  }
}
