import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { ImageStore } from "./image-store.ts";

/** The unit of reading. */
const CHUNK_BYTES = 256 * 1024;

/** The unit in which file systems allocate: so many zero bytes become a hole, so that a copy takes no more than its source. */
const BLOCK_BYTES = 4096;

const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** Whom a copy asks and tells. */
export interface CopyWatch {
  /** Told the bytes read and to read after each chunk. */
  readonly progress: (doneBytes: number, totalBytes: number) => void;
  /** Asked before bytes are written, with how many it will be in all then. @throws what ends the copy */
  readonly room: (bytes: number) => Promise<void>;
  /** Told how many bytes have been written. */
  readonly written: (bytes: number) => void;
}

/**
 * Copies an image's bytes out of the store, digesting them on the way, with holes where they are zero. The target is on
 * disk when this returns.
 *
 * @returns the SHA-256 of what was copied, in hexadecimal
 * @throws Error also when the store gives no answer
 */
export async function copyDigested(
  store: ImageStore,
  digest: string,
  target: string,
  watch: CopyWatch,
): Promise<string> {
  const input = await store.open(digest);
  try {
    const output = await open(target, "wx", 0o644);
    try {
      const { size } = await store.ask(() => input.stat());
      const hash = createHash("sha256");
      let done = 0;
      let written = 0;
      const read = (buffer: Buffer, position: number) =>
        store.ask(() => input.read(buffer, 0, buffer.length, position));
      for await (const chunk of readAhead(read)) {
        hash.update(chunk);
        for (const { start, end } of dataRuns(chunk)) {
          written += end - start;
          await watch.room(written);
          await writeWhole(output, chunk.subarray(start, end), done + start);
          watch.written(written);
        }
        done += chunk.length;
        watch.progress(done, size);
      }
      await output.truncate(done);
      await output.datasync();
      return hash.digest("hex");
    } finally {
      await output.close();
    }
  } finally {
    // Not awaited: it would wait for a read that hangs.
    input.close().catch(() => {});
  }
}

/** Reads into a buffer from a position of the file. */
type Read = (buffer: Buffer, position: number) => Promise<{ bytesRead: number; buffer: Buffer }>;

/** Of a file handle what {@link writeWhole} needs. */
interface Writable {
  write(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
}

/** A file's chunks, each good until the next is asked for: the next is read while this one is digested and written. */
export async function* readAhead(read: Read): AsyncGenerator<Buffer> {
  const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const;
  const begin = (position: number, turn: number) => {
    const reading = read(buffers[turn % 2 === 0 ? 0 : 1], position);
    // It may fail before anybody awaits it, which Node.js would take for an error that nobody handles.
    reading.catch(() => {});
    return reading;
  };
  let done = 0;
  let pending = begin(0, 0);
  for (let turn = 1; ; turn++) {
    const { bytesRead, buffer } = await pending;
    if (bytesRead === 0) return;
    done += bytesRead;
    pending = begin(done, turn);
    yield buffer.subarray(0, bytesRead);
  }
}

/** The parts of a chunk that are not zero, in whole blocks, as long as they go. */
export function dataRuns(chunk: Buffer): { readonly start: number; readonly end: number }[] {
  // Most chunks are one or the other as a whole.
  if (isZero(chunk)) return [];
  const runs: { start: number; end: number }[] = [];
  for (let start = 0; start < chunk.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, chunk.length);
    if (isZero(chunk.subarray(start, end))) continue;
    const last = runs.at(-1);
    if (last?.end === start) last.end = end;
    else runs.push({ start, end });
  }
  return runs;
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length));
}

/** Writes all bytes: a full disk, for one, takes a part of them without an error. */
export async function writeWhole(output: Writable, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await output.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error("the disk takes no more bytes");
    done += bytesWritten;
  }
}
