import { type FileHandle, open } from "node:fs/promises";
import { isMissing } from "./files.ts";

/** Something that went wrong, in vm-gahp's words. */
export interface GahpComplaint {
  /** The vm-gahp that wrote it; undefined where the log does not say (VM_GAHP_DEBUG without D_PID). */
  readonly pid: number | undefined;
  /** One line. */
  readonly text: string;
}

/** The most that is read at once, in bytes; of a log that grew by more, the end counts. */
const READ_MAX_BYTES = 64 * 1024;

/** The longest complaint, in characters. */
const TEXT_MAX = 600;

/** The words by which vm-gahp says that something failed (its own messages; it has no levels for them). */
const COMPLAINT = /\b(?:fails?|failed|cannot|can't|could not|unable|error)\b/i;

/** Said by every HTCondor program that runs without root's rights, and by libvirt of every machine that is gone. */
const HARMLESS = /^Can't open directory|^Error finding domain/;

/** `11/25/26 02:23:09 (pid:343) text`, and the same without the number. */
const HEADER = /^\d\d\/\d\d(?:\/\d\d)? \d\d:\d\d:\d\d (?:\(pid:(\d+)\) )?(.*)$/;

/** Finds the complaints in a piece of vm-gahp's log. libvirt's messages may have several lines: they are joined. */
export function complaintsIn(text: string): GahpComplaint[] {
  const entries: { pid: number | undefined; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const header = HEADER.exec(line);
    if (header)
      entries.push({ pid: header[1] === undefined ? undefined : Number(header[1]), lines: [header[2] ?? ""] });
    else if (line.trim() !== "") entries.at(-1)?.lines.push(line.trim());
  }
  return entries
    .map(({ pid, lines }) => ({ pid, text: lines.join(" ").slice(0, TEXT_MAX) }))
    .filter(({ text: words }) => COMPLAINT.test(words) && !HARMLESS.test(words));
}

/**
 * Follows vm-gahp's log from where it ends now. HTCondor renames a log that has grown too large and begins a new one:
 * what was written last into the old one is read first.
 */
export class GahpLog {
  readonly #path: string;
  #file: FileHandle | undefined;
  #offset = 0;

  /** @param path - `condor_config_val VM_GAHP_LOG` */
  constructor(path: string) {
    this.#path = path;
  }

  /** Begins at the log's end. @throws Error when a log is there that cannot be read */
  async open(): Promise<void> {
    this.#file = await openIfThere(this.#path);
    this.#offset = (await this.#file?.stat())?.size ?? 0;
  }

  /** What was complained about since the last time. @throws Error when the log cannot be read */
  async read(): Promise<GahpComplaint[]> {
    let text = await this.#rest();
    const next = await this.#next();
    if (next !== undefined) {
      const former = this.#file;
      this.#file = next;
      this.#offset = 0;
      await former?.close();
      text += await this.#rest();
    }
    return complaintsIn(text);
  }

  /** Lets go of the log: Node.js will not close for us what is left open. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** The log that was begun since, if one was. */
  async #next(): Promise<FileHandle | undefined> {
    const file = await openIfThere(this.#path);
    let isNext = false;
    try {
      isNext = file !== undefined && (await isOther(file, this.#file));
    } finally {
      if (!isNext) await file?.close();
    }
    return isNext ? file : undefined;
  }

  /** Whole lines only: the rest of one is read when it is there. */
  async #rest(): Promise<string> {
    if (this.#file === undefined) return "";
    const { size } = await this.#file.stat();
    if (size < this.#offset) this.#offset = 0;
    const from = Math.max(this.#offset, size - READ_MAX_BYTES);
    const buffer = Buffer.alloc(size - from);
    const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, from);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
    this.#offset = from + end;
    return buffer.toString("utf8", 0, end);
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function isOther(file: FileHandle, present: FileHandle | undefined): Promise<boolean> {
  if (present === undefined) return true;
  return (await file.stat()).ino !== (await present.stat()).ino;
}
