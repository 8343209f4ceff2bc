import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Refusal } from "./refusal.ts";

/** What a name in the image store must not be: a pipe hangs its reader, a device never ends, a link leads elsewhere. */
export class IrregularFileError extends Refusal {
  constructor(path: string) {
    super(`${path} in the image store is no regular file. Remove it, and add the image again.`);
  }
}

/**
 * Opens a file of the image store for reading. Whoever may write there may have put anything under its name; one of four
 * threads that read files for the agent would wait for a pipe's writer for ever, hence O_NONBLOCK.
 *
 * @throws IrregularFileError when it is no regular file, or a link
 */
export async function openStoreFile(path: string): Promise<FileHandle> {
  const file = await openAsIs(path);
  try {
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  throw new IrregularFileError(path);
}

/**
 * Reads a small text of the image store.
 *
 * @throws IrregularFileError also when it is larger than `maxBytes`
 */
export async function readStoreText(path: string, maxBytes: number): Promise<string> {
  const file = await openStoreFile(path);
  try {
    if ((await file.stat()).size > maxBytes) throw new IrregularFileError(path);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

async function openAsIs(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // open(2): ELOOP for a symbolic link, ENXIO for a socket or a device without a driver.
    if (error instanceof Error && "code" in error && (error.code === "ELOOP" || error.code === "ENXIO")) {
      throw new IrregularFileError(path);
    }
    throw error;
  }
}
