import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import type { Operation } from "../operation.ts";
import { readBlocks } from "./blocks.ts";

/** A file changed so recently that a second change could leave the same times; such a stamp proves nothing. */
const SETTLED_MILLISECONDS = 2_000;

/** The SHA-256 of a file's content, in hexadecimal. */
export async function digestFile(path: string, operation: Operation, doing: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "r");
  try {
    for await (const block of readBlocks(file, operation, doing)) hash.update(block);
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/**
 * What tells, without reading it, that a file is the one that was read before: size, inode and both times in
 * nanoseconds. The change time is in it because builds that can be reproduced give every image the same modification
 * time. Undefined while the file is too fresh to tell.
 */
export async function fileStamp(path: string): Promise<string | undefined> {
  const { size, ino, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  if (Date.now() - Number(ctimeNs / 1_000_000n) < SETTLED_MILLISECONDS) return undefined;
  return [size, ino, mtimeNs, ctimeNs].join("-");
}
