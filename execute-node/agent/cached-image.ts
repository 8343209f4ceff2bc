import { readFile, stat, utimes } from "node:fs/promises";
import { z } from "zod";
import { Architecture, Firmware, ImageFormat, MachineType } from "../../contract/image-manifest.ts";
import { Digest, ImageName } from "../../contract/patterns.ts";
import { writeFileAtomically } from "./files.ts";

/**
 * What the cache knows about an image in it: a small file beside the data, written before it. When that file was last
 * modified is when the image was last used.
 */
const CachedFacts = z.object({
  digest: Digest,
  /** The name by which it was first asked for. */
  name: ImageName,
  format: ImageFormat,
  architecture: Architecture,
  firmware: Firmware,
  machineType: MachineType,
  virtualSizeBytes: z.int().positive(),
  sizeBytes: z.int().positive(),
  /** When the data was last modified: at its copy, or it is not what was verified. Unix time in milliseconds. */
  modifiedAtMs: z.int().positive(),
  /** Unix time in seconds. */
  copiedAt: z.int().positive(),
});
export type CachedFacts = z.infer<typeof CachedFacts>;

/** An image in this node's cache, verified. */
export interface CachedImage extends CachedFacts {
  /** The file that overlays back onto. */
  readonly path: string;
}

/** An image as it lies in the cache. */
export interface FoundImage {
  readonly image: CachedImage;
  readonly diskBytes: number;
  /** Unix time in milliseconds. */
  readonly lastUsedAtMs: number;
}

/** Of an image's data what tells that it is still what was verified, without reading it, and what it takes. */
export async function dataFacts(path: string) {
  const { size, mtimeMs, blocks } = await stat(path);
  return { sizeBytes: size, modifiedAtMs: Math.floor(mtimeMs), diskBytes: blocks * 512 };
}

/** Reads what the cache knows about an image; undefined where that is unreadable, or the data is not as it was copied. */
export async function readCached(path: string, digest: string): Promise<FoundImage | undefined> {
  try {
    const image = { ...CachedFacts.parse(JSON.parse(await readFile(factsPath(path), "utf8"))), path };
    const { mtimeMs: lastUsedAtMs } = await stat(factsPath(path));
    const { diskBytes } = await dataFacts(path);
    return image.digest === digest && (await isAsCopied(image)) ? { image, diskBytes, lastUsedAtMs } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an image's data still has the size and time of its copy. The bytes are not read again. */
export async function isAsCopied(image: CachedImage): Promise<boolean> {
  const data = await dataFacts(image.path).catch(() => undefined);
  return data?.sizeBytes === image.sizeBytes && data.modifiedAtMs === image.modifiedAtMs;
}

/** Remembers an image, and that it is used now. */
export async function writeCached({ path, ...facts }: CachedImage): Promise<void> {
  await writeFileAtomically(factsPath(path), `${JSON.stringify(facts)}\n`);
}

/** Remembers that an image is used now. What cannot be remembered only makes it look older after a restart. */
export async function touchCached(path: string): Promise<void> {
  // A file that was written within this millisecond has a time within it, and was used before.
  const now = new Date(Date.now() + 1);
  await utimes(factsPath(path), now, now).catch(() => {});
}

/** The file beside an image's data that tells about it. */
export function factsPath(path: string): string {
  return `${path}.json`;
}
