import type { FileHandle } from "node:fs/promises";
import type { Operation } from "../operation.ts";

const MIB = 1024 * 1024;

/**
 * Reads a file from its start to its end, block by block, telling progress and heeding the operation's end. A block is
 * valid until the next one is asked for.
 *
 * @param doing - what the reading is for, for progress and errors: "copying debian"
 */
export async function* readBlocks(file: FileHandle, operation: Operation, doing: string): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  const buffer = Buffer.allocUnsafe(MIB);
  for (let position = 0; ; ) {
    operation.check(doing, "Nothing half-made was kept; run it again.");
    const { bytesRead } = await file.read(buffer, 0, MIB, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
    operation.advance(doing, position, size);
  }
}
