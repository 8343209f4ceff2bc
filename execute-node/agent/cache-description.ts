import { z } from "zod";
import { ImageFormat } from "../../contract/image-manifest.ts";
import { Digest, ImageName } from "../../contract/patterns.ts";
import { availableBytes, type Space } from "./eviction.ts";
import type { Shelf } from "./shelf.ts";

/** An image in the cache, or on its way into it, for an administrator. */
export const ImageDescription = z.object({
  digest: Digest,
  /** The name by which it was first asked for. Absent: it is no longer verified and stays for its machines alone. */
  name: ImageName.optional(),
  /** Absent while it is copied, and where the name is. */
  format: ImageFormat.optional(),
  /** What it takes on the disk; of a copy on its way, what is kept free for it. */
  diskBytes: z.int().nonnegative(),
  /** Unix time in seconds. Absent where the format is. */
  copiedAt: z.int().positive().optional(),
  /** Unix time in seconds. Absent where the format is. */
  lastUsedAt: z.int().positive().optional(),
  /** Whether a machine's disk backs onto it, or soon will: it is not evicted. */
  inUse: z.boolean(),
  /** How much of its copy is done, in whole percent; absent once it is whole. */
  copyingPercent: z.int().min(0).max(100).optional(),
});
export type ImageDescription = z.infer<typeof ImageDescription>;

/** The node's image cache, for an administrator. */
export const CacheDescription = z.object({
  limitBytes: z.int().nonnegative(),
  /** What the images in it take, and what is kept for those on their way. */
  usedBytes: z.int().nonnegative(),
  /** What a new image may take, once images that no machine needs are evicted. */
  availableBytes: z.int().nonnegative(),
  /** What is on its way, then the others, the last used first, then what stays for its machines alone. */
  images: z.array(ImageDescription),
});
export type CacheDescription = z.infer<typeof CacheDescription>;

/** How far a copy is. */
export interface CopyState {
  /** The image's name. */
  readonly name: string;
  readonly listeners: Set<(percent: number) => void>;
  percent: number;
  /** What it may write in all. */
  roomBytes: number;
  writtenBytes: number;
}

/** Describes the cache. @param copies - those on their way, by digest */
export function describeCache(
  shelf: Pick<Shelf, "images" | "leaving" | "isNeeded" | "evictable">,
  copies: ReadonlyMap<string, CopyState>,
  space: Space,
): CacheDescription {
  const onTheirWay = [...copies].map(([digest, { name, roomBytes, percent }]) => ({
    digest,
    name,
    diskBytes: roomBytes,
    inUse: true,
    copyingPercent: percent,
  }));
  const images = [...shelf.images]
    .sort(([, a], [, b]) => b.lastUsedAtMs - a.lastUsedAtMs)
    .map(([digest, { image, diskBytes, lastUsedAtMs }]) => ({
      digest,
      name: image.name,
      format: image.format,
      diskBytes,
      copiedAt: image.copiedAt,
      lastUsedAt: Math.floor(lastUsedAtMs / 1000),
      inUse: shelf.isNeeded(digest),
    }));
  const leaving = [...shelf.leaving].map(([digest, diskBytes]) => ({
    digest,
    diskBytes,
    inUse: shelf.isNeeded(digest),
  }));
  return {
    limitBytes: space.limitBytes,
    usedBytes: space.usedBytes,
    availableBytes: availableBytes(space, shelf.evictable()),
    images: [...onTheirWay, ...images, ...leaving],
  };
}
