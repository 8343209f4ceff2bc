import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { Operation } from "../operation.ts";
import { readBlocks } from "./blocks.ts";

/** The grain in which zeros are left out; a multiple of every file system's own block. */
const GRAIN = 64 * 1024;
const ZEROS = Buffer.alloc(GRAIN);

/**
 * Copies a file into an empty one and answers with the SHA-256 of its content. Stretches of zeros are not written and
 * stay holes: an image that is sparse stays so, and one that came through a download becomes so again.
 */
export async function copySparse(
  source: FileHandle,
  target: FileHandle,
  operation: Operation,
  doing: string,
): Promise<string> {
  const hash = createHash("sha256");
  let position = 0;
  for await (const block of readBlocks(source, operation, doing)) {
    hash.update(block);
    for (const [start, end] of dataRanges(block)) await writeAll(target, block.subarray(start, end), position + start);
    position += block.length;
  }
  await target.truncate(position); // Zeros at the end were not written.
  return hash.digest("hex");
}

/** The stretches of a block that are not all zeros, as offsets from and up to. */
export function dataRanges(block: Buffer): [number, number][] {
  const ranges: [number, number][] = [];
  for (let start = 0; start < block.length; start += GRAIN) {
    const end = Math.min(start + GRAIN, block.length);
    if (block.compare(ZEROS, 0, end - start, start, end) === 0) continue;
    const last = ranges.at(-1);
    if (last?.[1] === start) last[1] = end;
    else ranges.push([start, end]);
  }
  return ranges;
}

/** One write may take only a part of what it is given, as on a file system that fills up. */
async function writeAll(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += (await file.write(data, done, data.length - done, position + done)).bytesWritten;
  }
}
