import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { inTime } from "./in-time.ts";

/** The unit of the copy; a run of this many zero bytes becomes a hole. */
const CHUNK_BYTES = 256 * 1024;

const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** How long the image store may take for one answer, in seconds. A file server that is gone hangs for ever. */
export const STORE_SECONDS = 60;

/**
 * Copies a file, digesting it on the way, with holes where it is zero. The target is on disk when this returns.
 *
 * @param progress - told the bytes done and to do after each chunk
 * @returns the SHA-256 of what was copied, in hexadecimal
 * @throws Error also when the source gives no answer for {@link STORE_SECONDS}
 */
export async function copyDigested(
  source: string,
  target: string,
  progress: (doneBytes: number, totalBytes: number) => void,
): Promise<string> {
  const input = await inTime(open(source, "r"), STORE_SECONDS, source);
  try {
    const output = await open(target, "wx", 0o644);
    try {
      const { size } = await inTime(input.stat(), STORE_SECONDS, source);
      const hash = createHash("sha256");
      let done = 0;
      for await (const chunk of readAhead(input, source)) {
        hash.update(chunk);
        if (!chunk.equals(ZEROS.subarray(0, chunk.length))) await writeWhole(output, chunk, done);
        done += chunk.length;
        progress(done, size);
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

/** Of a file handle what {@link readAhead} needs. */
interface Readable {
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number; buffer: Buffer }>;
}

/** Of a file handle what {@link writeWhole} needs. */
interface Writable {
  write(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
}

/** A file's chunks, each good until the next is asked for: the next is read while this one is digested and written. */
export async function* readAhead(input: Readable, name: string): AsyncGenerator<Buffer> {
  const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const;
  const read = (position: number, turn: number) => {
    const reading = inTime(input.read(buffers[turn % 2 === 0 ? 0 : 1], 0, CHUNK_BYTES, position), STORE_SECONDS, name);
    // It may fail before anybody awaits it, which Node.js would take for an error that nobody handles.
    reading.catch(() => {});
    return reading;
  };
  let done = 0;
  let pending = read(0, 0);
  for (let turn = 1; ; turn++) {
    const { bytesRead, buffer } = await pending;
    if (bytesRead === 0) return;
    done += bytesRead;
    pending = read(done, turn);
    yield buffer.subarray(0, bytesRead);
  }
}

/** Writes all bytes: a full disk, for one, takes a part of them without an error. */
export async function writeWhole(output: Writable, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await output.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error("the disk takes no more bytes");
    done += bytesWritten;
  }
}
