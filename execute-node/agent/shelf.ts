import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Digest } from "../../contract/patterns.ts";
import { type CachedImage, dataFacts, type FoundImage, factsPath, readCached } from "./cached-image.ts";
import type { Evictable } from "./eviction.ts";

/** The files of the image cache, `<digest>` and `<digest>.json`, and who needs which. */
export class Shelf {
  readonly #folder: string;
  readonly #images = new Map<string, FoundImage>();
  /** What files take that no new machine gets and that go once no machine needs them; by digest. */
  readonly #leaving = new Map<string, number>();
  readonly #pins = new Map<string, number>();
  /** Until the machines are known, all images are theirs. */
  #inUse: (digest: string) => boolean = () => true;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Finds what an earlier agent left: an image is kept when its data has the size and time of its copy, everything else
   * is removed, unless a machine may need it.
   */
  async open(inUse: (digest: string) => boolean): Promise<void> {
    const names = await readdir(this.#folder);
    for (const digest of names.filter((name) => Digest.safeParse(name).success)) {
      const found = await readCached(this.pathOf(digest), digest);
      if (found !== undefined) this.#images.set(digest, found);
      else if (inUse(digest)) this.#leaving.set(digest, (await dataFacts(this.pathOf(digest))).diskBytes);
    }
    for (const name of names) {
      if (!this.holds(name.replace(/\.json$/, ""))) await unlink(join(this.#folder, name));
    }
    this.#inUse = inUse;
  }

  /** The images that new machines can get, by digest. */
  get images(): ReadonlyMap<string, FoundImage> {
    return this.#images;
  }

  /** What the files take that no new machine gets, in bytes, by digest. */
  get leaving(): ReadonlyMap<string, number> {
    return this.#leaving;
  }

  /** Whether the file of this digest is here, for new machines or only for those that have it already. */
  holds(digest: string): boolean {
    return this.#images.has(digest) || this.#leaving.has(digest);
  }

  /** The file of an image. */
  pathOf(digest: string): string {
    return join(this.#folder, Digest.parse(digest));
  }

  /** Takes in an image whose files are in place, or what is newly known about one; it is used now. */
  async put(image: CachedImage): Promise<void> {
    const { diskBytes } = await dataFacts(image.path);
    // At the end, so that of two that were used within one millisecond the earlier one goes first.
    this.#images.delete(image.digest);
    this.#images.set(image.digest, { image, diskBytes, lastUsedAtMs: Date.now() });
    this.#leaving.delete(image.digest);
  }

  /** From here on no new machine gets this image. Its files go at the next {@link sweep} that finds it needed by none. */
  leave(digest: string): void {
    const found = this.#images.get(digest);
    if (found === undefined) return;
    this.#images.delete(digest);
    this.#leaving.set(digest, found.diskBytes);
  }

  /** Removes the files of what leaves and no machine needs. */
  async sweep(): Promise<void> {
    for (const digest of [...this.#leaving.keys()]) {
      if (this.isNeeded(digest)) continue;
      await unlink(factsPath(this.pathOf(digest)));
      await unlink(this.pathOf(digest));
      this.#leaving.delete(digest);
    }
  }

  /** Keeps an image for somebody who makes a machine of it; pins add up. */
  pin(digest: string): void {
    this.#pins.set(digest, (this.#pins.get(digest) ?? 0) + 1);
  }

  /** Takes one pin back. */
  unpin(digest: string): void {
    const pins = (this.#pins.get(digest) ?? 0) - 1;
    if (pins > 0) this.#pins.set(digest, pins);
    else this.#pins.delete(digest);
  }

  /** Whether a machine's disk backs onto this image, or soon will. */
  isNeeded(digest: string): boolean {
    return this.#pins.has(digest) || this.#inUse(digest);
  }

  /** The images that may go. */
  evictable(): Evictable[] {
    return [...this.#images]
      .filter(([digest]) => !this.isNeeded(digest))
      .map(([digest, { diskBytes, lastUsedAtMs }]) => ({ digest, diskBytes, lastUsedAtMs }));
  }
}

async function unlink(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true });
}
