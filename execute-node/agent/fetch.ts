import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** The unit of the copy; a run of this many zero bytes becomes a hole. */
const CHUNK_BYTES = 256 * 1024;

const ZEROS = Buffer.alloc(CHUNK_BYTES);

/**
 * Copies a file, digesting it on the way, with holes where it is zero. The target is on disk when this returns.
 *
 * @param progress - told the bytes done and to do after each chunk
 * @returns the SHA-256 of what was copied, in hexadecimal
 */
export async function copyDigested(
  source: string,
  target: string,
  progress: (doneBytes: number, totalBytes: number) => void,
): Promise<string> {
  const input = await open(source, "r");
  try {
    const output = await open(target, "wx", 0o644);
    try {
      const { size } = await input.stat();
      const hash = createHash("sha256");
      // Two buffers: the next chunk is read while this one is digested and written.
      const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const;
      let done = 0;
      let turn = 0;
      let pending = input.read(buffers[0], 0, CHUNK_BYTES, 0);
      for (;;) {
        const { bytesRead, buffer } = await pending;
        if (bytesRead === 0) break;
        const chunk = buffer.subarray(0, bytesRead);
        const position = done;
        done += bytesRead;
        turn = 1 - turn;
        pending = input.read(turn === 0 ? buffers[0] : buffers[1], 0, CHUNK_BYTES, done);
        hash.update(chunk);
        if (!chunk.equals(ZEROS.subarray(0, bytesRead))) await output.write(chunk, 0, bytesRead, position);
        progress(done, size);
      }
      await output.truncate(done);
      await output.datasync();
      return hash.digest("hex");
    } finally {
      await output.close();
    }
  } finally {
    await input.close();
  }
}
