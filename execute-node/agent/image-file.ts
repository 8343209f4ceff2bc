import { open, stat } from "node:fs/promises";
import { z } from "zod";
import type { ImageFormat } from "../../contract/image-manifest.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { run } from "./run.ts";

/** What a node needs to know about an image's bytes. */
export interface ImageFacts {
  readonly format: ImageFormat;
  /** The size of the disk that a guest sees. */
  readonly virtualSizeBytes: number;
}

/** What the head of a qcow2 file says (QEMU, docs/interop/qcow2.txt). */
export interface Qcow2Head {
  readonly virtualSizeBytes: number;
  readonly encrypted: boolean;
  readonly backingFile: boolean;
  readonly dataFile: boolean;
}

/** The bytes that {@link parseQcow2Head} wants: the header, its extensions and the backing file's name lie in them. */
const HEAD_BYTES = 64 * 1024;

/** QEMU rounds a disk up to whole sectors. */
const SECTOR_BYTES = 512;

const EXTENSION_END = 0;
const EXTENSION_DATA_FILE = 0x44415441;
const INCOMPATIBLE_DATA_FILE = 0b100;

/**
 * Reads a qcow2 header without QEMU, because QEMU opens an external data file merely to describe an image.
 *
 * @returns undefined when the bytes are no qcow2 header of version 2 or 3
 */
export function parseQcow2Head(head: Buffer): Qcow2Head | undefined {
  if (head.length < 104 || head.readUInt32BE(0) !== 0x514649fb) return undefined;
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return undefined;
  const headerBytes = version === 2 ? 72 : head.readUInt32BE(100);
  const incompatible = version === 2 ? 0 : head.readUInt32BE(76);
  return {
    virtualSizeBytes: Number(head.readBigUInt64BE(24)),
    encrypted: head.readUInt32BE(32) !== 0,
    backingFile: head.readBigUInt64BE(8) !== 0n,
    dataFile: (incompatible & INCOMPATIBLE_DATA_FILE) !== 0 || hasExtension(head, headerBytes, EXTENSION_DATA_FILE),
  };
}

function hasExtension(head: Buffer, headerBytes: number, wanted: number): boolean {
  let offset = headerBytes;
  while (offset + 8 <= head.length) {
    const type = head.readUInt32BE(offset);
    if (type === wanted) return true;
    if (type === EXTENSION_END) return false;
    offset += 8 + Math.ceil(head.readUInt32BE(offset + 4) / 8) * 8;
  }
  return false;
}

const QemuInfo = z.object({
  format: z.string(),
  "virtual-size": z.int().positive(),
  encrypted: z.boolean().optional(),
  "backing-filename": z.string().optional(),
  "format-specific": z.object({ data: z.object({ "data-file": z.string().optional() }).optional() }).optional(),
});

/**
 * Looks at an image as an enemy might have made it: it must be of the format that its manifest names and must lead to
 * no other file. A raw image is its bytes, whatever they look like: it is never opened as anything else. Of a qcow2
 * image the header is read here first, then QEMU confirms it within bounds of time and memory.
 *
 * @throws Refusal with what is wrong about it
 */
export async function inspectImage(path: string, format: ImageFormat, name: string): Promise<ImageFacts> {
  if (format === "raw") {
    const { size } = await stat(path);
    return { format, virtualSizeBytes: Math.ceil(size / SECTOR_BYTES) * SECTOR_BYTES };
  }
  checkHead(await readHead(path), name);
  const info = QemuInfo.parse(JSON.parse(await describe(path, format, name)));
  const leadsElsewhere = info["backing-filename"] ?? info["format-specific"]?.data?.["data-file"];
  if (leadsElsewhere !== undefined || info.encrypted === true) throw refusedImage(name, "it refers to another file");
  return { format, virtualSizeBytes: info["virtual-size"] };
}

function checkHead(head: Buffer, name: string): void {
  const parsed = parseQcow2Head(head);
  if (parsed === undefined) throw refusedImage(name, "its manifest says qcow2 and its bytes do not");
  if (parsed.backingFile) throw refusedImage(name, "it has a backing file");
  if (parsed.dataFile) throw refusedImage(name, "it has an external data file");
  if (parsed.encrypted) throw refusedImage(name, "it is encrypted");
}

function refusedImage(name: string, why: string): Refusal {
  return new Refusal(`Image ${name} is refused: ${why}. Add it again as a plain qcow2 or raw disk.`);
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function describe(path: string, format: ImageFormat, name: string): Promise<string> {
  const bounds = ["--as=1073741824", "--cpu=10"];
  try {
    return await run("prlimit", [...bounds, "qemu-img", "info", "--output=json", "-f", format, path], {
      timeoutSeconds: 20,
      maxOutputBytes: 256 * 1024,
    });
  } catch (error) {
    throw refusedImage(name, `QEMU does not read it (${messageOf(error)})`);
  }
}
