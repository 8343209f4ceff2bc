import { type FileHandle, open } from "node:fs/promises";
import type { ImageManifest } from "../../contract/image-manifest.ts";
import { isQcow2, readQcow2 } from "../../contract/qcow2.ts";
import { InvalidInputError } from "../errors.ts";
import { foreignFormatOf } from "./foreign-formats.ts";

/** The first bytes of a file that are looked at: a header cluster of the largest usual size. */
const HEAD_BYTES = 64 * 1024;
const SECTOR_BYTES = 512;

/** What a disk image's own bytes tell. */
export type DiskFacts = Pick<ImageManifest, "format" | "virtualSizeBytes" | "sizeBytes">;

/**
 * Tells format and size of a disk image from its header, without any tool of QEMU's, which a workstation may not have.
 *
 * @param file - open for reading
 * @param name - the file as the user knows it, for errors
 * @throws InvalidInputError for whatever a node must not be given: another format, a reference to a second file, an
 *   encrypted, damaged or truncated image
 */
export async function inspectDisk(file: FileHandle, name: string): Promise<DiskFacts> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(buffer, 0, HEAD_BYTES, 0);
  const head = buffer.subarray(0, bytesRead);
  try {
    return { ...readHead(head, size), sizeBytes: size };
  } catch (error) {
    if (!(error instanceof UnusableDisk)) throw error;
    throw new InvalidInputError({
      what: `The file ${name} cannot serve as a disk image.`,
      why: error.message,
      remedy: error.remedy,
      cause: error,
    });
  }
}

/** Tells format and size of the disk image at a path, as {@link inspectDisk} does. */
export async function inspectFile(path: string): Promise<DiskFacts> {
  const file = await open(path, "r");
  try {
    return await inspectDisk(file, path);
  } finally {
    await file.close();
  }
}

function readHead(head: Buffer, size: number): Omit<DiskFacts, "sizeBytes"> {
  if (isQcow2(head)) {
    const qcow2 = readQcow2(head, size);
    if ("unusable" in qcow2) throw new UnusableDisk(qcow2.unusable, qcow2.remedy);
    return { format: "qcow2", virtualSizeBytes: qcow2.virtualSizeBytes };
  }
  const foreign = foreignFormatOf(head);
  if (foreign !== undefined) throw new UnusableDisk(`It is ${foreign.what}.`, foreign.remedy);
  if (size === 0 || size % SECTOR_BYTES !== 0) {
    throw new UnusableDisk(
      `It is no qcow2 image, and its ${size} bytes are not the whole sectors of ${SECTOR_BYTES} bytes that a raw one has.`,
      "Give a qcow2 or raw disk image; check that it was downloaded whole.",
    );
  }
  return { format: "raw", virtualSizeBytes: size };
}

class UnusableDisk extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
