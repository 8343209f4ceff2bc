/** What must stay free on the disk beside a new image, in bytes: overlays grow, and a full disk stops their machines. */
export const SPARE_BYTES = 512 * 1024 ** 2;

/** The cache and its disk at one moment. */
export interface Space {
  /** What the cache may take. */
  readonly limitBytes: number;
  /** What its files take, and what was promised to copies on their way. */
  readonly usedBytes: number;
  /** What is free on the disk, without what copies on their way will still write. */
  readonly freeBytes: number;
}

/** An image that no machine needs. */
export interface Evictable {
  readonly digest: string;
  readonly diskBytes: number;
  /** Unix time in milliseconds. */
  readonly lastUsedAtMs: number;
}

/** The bytes that must be given up before this many more fit both below the limit and on the disk. */
export function lackingBytes(wantedBytes: number, space: Space): number {
  return Math.max(0, wantedBytes - roomBytes(space));
}

/** The bytes that a new image may take, once everything is evicted that may be. */
export function availableBytes(space: Space, evictable: readonly Evictable[]): number {
  return Math.max(0, roomBytes(space) + totalBytes(evictable));
}

/** May be negative: a limit that was lowered, a disk that others filled. */
function roomBytes({ limitBytes, usedBytes, freeBytes }: Space): number {
  return Math.min(limitBytes - usedBytes, freeBytes - SPARE_BYTES);
}

/**
 * Chooses what to evict: the least recently used first, and of those none that the others make unnecessary.
 *
 * @returns digests; undefined when all together would not do, and then none should go
 */
export function chooseEvictions(neededBytes: number, evictable: readonly Evictable[]): string[] | undefined {
  if (neededBytes > totalBytes(evictable)) return undefined;
  const chosen: Evictable[] = [];
  let spare = -neededBytes;
  for (const image of [...evictable].sort((a, b) => a.lastUsedAtMs - b.lastUsedAtMs)) {
    if (spare >= 0) break;
    chosen.push(image);
    spare += image.diskBytes;
  }
  const kept = new Set<Evictable>();
  for (const image of chosen.toReversed()) {
    if (image.diskBytes > spare) continue;
    kept.add(image);
    spare -= image.diskBytes;
  }
  return chosen.filter((image) => !kept.has(image)).map(({ digest }) => digest);
}

function totalBytes(images: readonly Evictable[]): number {
  return images.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
}
