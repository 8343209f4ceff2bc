import { z } from "zod";
import { ImageFormat } from "../../contract/image-manifest.ts";
import { Digest, ImageName } from "../../contract/patterns.ts";

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
  /** In the order of their last use, the latest first; before them what is on its way. */
  images: z.array(ImageDescription),
});
export type CacheDescription = z.infer<typeof CacheDescription>;
