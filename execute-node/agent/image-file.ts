import { open, stat } from "node:fs/promises";
import { z } from "zod";
import type { ImageFormat } from "../../contract/image-manifest.ts";
import { isQcow2, readQcow2 } from "../../contract/qcow2.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { run } from "./run.ts";

/** What a node needs to know about an image's bytes. */
export interface ImageFacts {
  readonly format: ImageFormat;
  /** The size of the disk that a guest sees. */
  readonly virtualSizeBytes: number;
}

/** The bytes that the check of a header wants: its extensions and the backing file's name lie in them. */
const HEAD_BYTES = 64 * 1024;

/** QEMU rounds a disk up to whole sectors. */
const SECTOR_BYTES = 512;

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
 * image the header is read here first, because QEMU opens an external data file merely to describe an image; then QEMU
 * confirms it within bounds of time and memory.
 *
 * @throws Refusal with what is wrong about it
 */
export async function inspectImage(path: string, format: ImageFormat, name: string): Promise<ImageFacts> {
  if (format === "raw") {
    const { size } = await stat(path);
    return { format, virtualSizeBytes: Math.ceil(size / SECTOR_BYTES) * SECTOR_BYTES };
  }
  await checkHeader(path, name);
  const info = QemuInfo.parse(JSON.parse(await describe(path, format, name)));
  const leadsElsewhere = info["backing-filename"] ?? info["format-specific"]?.data?.["data-file"];
  if (leadsElsewhere !== undefined || info.encrypted === true) throw refusedImage(name, "It refers to another file.");
  return { format, virtualSizeBytes: info["virtual-size"] };
}

async function checkHeader(path: string, name: string): Promise<void> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    if (!isQcow2(head)) throw refusedImage(name, "Its manifest says qcow2 and its bytes do not.");
    const header = readQcow2(head, size);
    if ("unusable" in header) throw refusedImage(name, `${header.unusable} ${header.remedy}`);
  } finally {
    await file.close();
  }
}

function refusedImage(name: string, why: string): Refusal {
  return new Refusal(`Image ${name} is refused: ${why} Add it again as a plain qcow2 or raw disk.`);
}

async function describe(path: string, format: ImageFormat, name: string): Promise<string> {
  const bounds = ["--as=1073741824", "--cpu=10"];
  try {
    return await run("prlimit", [...bounds, "qemu-img", "info", "--output=json", "-f", format, path], {
      timeoutSeconds: 20,
      maxOutputBytes: 256 * 1024,
    });
  } catch (error) {
    throw refusedImage(name, `QEMU does not read it (${messageOf(error)}).`);
  }
}
