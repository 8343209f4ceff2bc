import { statfsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ImageReference } from "../../contract/image-reference.ts";
import { Digest } from "../../contract/patterns.ts";
import type { CacheDescription, ImageDescription } from "./cache-description.ts";
import {
  type CachedImage,
  dataFacts,
  type FoundImage,
  factsPath,
  readCached,
  touchCached,
  writeCached,
} from "./cached-image.ts";
import { availableBytes, chooseEvictions, type Evictable, lackingBytes, type Space } from "./eviction.ts";
import { copyImage, machineFacts } from "./image-copy.ts";
import type { ImageStore } from "./image-store.ts";
import { noRoom } from "./no-room.ts";

/** An image in the cache, ready for machines. */
type Entry = { -readonly [Key in keyof FoundImage]: FoundImage[Key] };

/** A copy on its way. */
interface Copy {
  readonly name: string;
  readonly listeners: Set<(percent: number) => void>;
  image: Promise<CachedImage>;
  percent: number;
  /** What was promised to it. */
  roomBytes: number;
  writtenBytes: number;
}

/** Where a cache lies and what it may take. */
export interface CacheOptions {
  readonly folder: string;
  readonly store: ImageStore;
  /** The most that it may take, in GiB; absent: half of the file system that it lies on. */
  readonly limitGiB: number | undefined;
}

/**
 * The node's copies of images: `<digest>` and `<digest>.json`, both made under a temporary name and renamed.
 *
 * There is no lock that could be left behind: one agent owns the folder, all who want an image share one promise of its
 * copy, and a copy whose store hangs is given up. An image stays while it is pinned, which {@link use} does until the
 * machine's record exists, and from then on while a machine's disk backs onto it.
 */
export class ImageCache {
  readonly #options: CacheOptions;
  readonly #images = new Map<string, Entry>();
  /** What files take that no new machine gets and that go once no machine needs them; by digest. */
  readonly #leaving = new Map<string, number>();
  readonly #copies = new Map<string, Copy>();
  readonly #pins = new Map<string, number>();
  /** Until the machines are known, all images are theirs. */
  #inUse: (digest: string) => boolean = () => true;
  /** Room is made, and files are removed, by one at a time: what one has seen free, no other takes. */
  #turn: Promise<unknown> = Promise.resolve();
  #told = "";
  /** Told when an image came or went, or the room for new ones changed. */
  onChange: () => void = () => {};

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /**
   * Finds what an earlier agent left: an image is kept when its data has the size and time of its copy, everything else
   * is removed.
   *
   * @param inUse - whether a machine's disk backs, or may back, onto the file of this digest: it stays then, although no
   * other machine gets it unless it is as it was copied
   */
  async open(inUse: (digest: string) => boolean): Promise<void> {
    const names = await readdir(this.#options.folder);
    for (const digest of names.filter((name) => Digest.safeParse(name).success)) {
      const found = await readCached(this.pathOf(digest), digest);
      if (found !== undefined) this.#images.set(digest, found);
      else if (inUse(digest)) this.#leaving.set(digest, (await dataFacts(this.pathOf(digest))).diskBytes);
    }
    for (const name of names) {
      if (!this.holds(name.replace(/\.json$/, ""))) await this.#unlink(join(this.#options.folder, name));
    }
    this.#inUse = inUse;
  }

  /** The digests of the images here, in order. */
  digests(): string[] {
    return [...this.#images.keys()].sort();
  }

  /** Whether the file of this digest is here, for new machines or only for those that have it already. */
  holds(digest: string): boolean {
    return this.#images.has(digest) || this.#leaving.has(digest);
  }

  /** The file of an image in the cache. */
  pathOf(digest: string): string {
    return join(this.#options.folder, Digest.parse(digest));
  }

  /** How the cache stands, for the pool and for administrators. */
  describe(): CacheDescription {
    const space = this.#space();
    const copies = [...this.#copies].map(
      ([digest, copy]): ImageDescription => ({
        digest,
        name: copy.name,
        diskBytes: copy.roomBytes,
        inUse: true,
        copyingPercent: copy.percent,
      }),
    );
    const images = [...this.#images]
      .sort(([, a], [, b]) => b.lastUsedAtMs - a.lastUsedAtMs)
      .map(
        ([digest, { image, diskBytes, lastUsedAtMs }]): ImageDescription => ({
          digest,
          name: image.name,
          format: image.format,
          diskBytes,
          copiedAt: image.copiedAt,
          lastUsedAt: Math.floor(lastUsedAtMs / 1000),
          inUse: this.#isNeeded(digest),
        }),
      );
    const leaving = [...this.#leaving].map(
      ([digest, diskBytes]): ImageDescription => ({ digest, diskBytes, inUse: this.#isNeeded(digest) }),
    );
    return {
      limitBytes: space.limitBytes,
      usedBytes: space.usedBytes,
      availableBytes: availableBytes(space, this.#evictable()),
      images: [...copies, ...images, ...leaving],
    };
  }

  /**
   * Gives the image from the cache, copying it from the store first where it is missing, to work that makes a machine of
   * it. The image stays for as long as that takes; a machine that needs it longer must be known by its end.
   *
   * @param progress - told how much of the copy is done, in whole percent
   * @throws Refusal when the store does not have it or has something else under its name, or there is no room for it
   */
  async use<T>(
    reference: ImageReference,
    progress: (percent: number) => void,
    work: (image: CachedImage) => Promise<T>,
  ): Promise<T> {
    const { digest } = reference;
    this.#pins.set(digest, (this.#pins.get(digest) ?? 0) + 1);
    this.#tellOfUse();
    try {
      return await work(await this.#get(reference, progress));
    } finally {
      const pins = (this.#pins.get(digest) ?? 1) - 1;
      if (pins === 0) this.#pins.delete(digest);
      else this.#pins.set(digest, pins);
      this.#tellOfUse();
    }
  }

  /** To be called when a machine came to its end: images may have become free to go. */
  async machineEnded(): Promise<void> {
    await this.#inTurn(() => this.#sweep());
    this.#tellOfUse();
  }

  async #get(reference: ImageReference, progress: (percent: number) => void): Promise<CachedImage> {
    const entry = this.#images.get(reference.digest);
    if (entry !== undefined) return this.#refresh(entry, reference);
    const copy = this.#copies.get(reference.digest) ?? this.#beginCopy(reference);
    copy.listeners.add(progress);
    return copy.image;
  }

  /** The same bytes may have got another manifest since their copy; while the store does not answer, the known one counts. */
  async #refresh(entry: Entry, reference: ImageReference): Promise<CachedImage> {
    entry.lastUsedAtMs = Date.now();
    const manifest = await this.#options.store.glanceAt(reference);
    const { image } = entry;
    const now = manifest === undefined ? image : { ...image, ...machineFacts(manifest) };
    const isKnown =
      now.architecture === image.architecture &&
      now.firmware === image.firmware &&
      now.machineType === image.machineType;
    if (!isKnown) await writeCached(now);
    else await touchCached(image.path);
    entry.image = now;
    return now;
  }

  #beginCopy(reference: ImageReference): Copy {
    const { digest, name } = reference;
    const copy: Copy = {
      name,
      listeners: new Set(),
      image: Promise.reject(new Error("not begun")),
      percent: 0,
      roomBytes: 0,
      writtenBytes: 0,
    };
    copy.image.catch(() => {});
    copy.image = this.#copy(reference, copy).finally(() => {
      this.#copies.delete(digest);
      this.onChange();
    });
    this.#copies.set(digest, copy);
    return copy;
  }

  async #copy(reference: ImageReference, copy: Copy): Promise<CachedImage> {
    const image = await copyImage(this.#options.store, reference, this.pathOf(reference.digest), {
      progress: (done, total) => {
        const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
        if (percent === copy.percent) return;
        copy.percent = percent;
        for (const listener of copy.listeners) listener(percent);
      },
      room: (bytes) => this.#makeRoom(copy, bytes),
      written: (bytes) => {
        copy.writtenBytes = bytes;
      },
    });
    const { diskBytes } = await dataFacts(image.path);
    this.#images.set(image.digest, { image, diskBytes, lastUsedAtMs: Date.now() });
    this.#leaving.delete(image.digest);
    return image;
  }

  /** Promises a copy this many bytes in all. @throws Refusal when that cannot be; then nothing was evicted for it */
  #makeRoom(copy: Copy, bytes: number): Promise<void> {
    return this.#inTurn(async () => {
      const space = this.#space();
      const wanted = Math.max(0, bytes - copy.roomBytes);
      const evicted = chooseEvictions(lackingBytes(wanted, space), this.#evictable());
      if (evicted === undefined) throw noRoom(copy.name, bytes, this.describe(), space);
      copy.roomBytes += wanted;
      // Nobody gets them from here on, also while their files are removed one after the other.
      for (const digest of evicted) this.#leave(digest);
      await this.#sweep();
      this.onChange();
    });
  }

  #leave(digest: string): void {
    this.#leaving.set(digest, this.#images.get(digest)?.diskBytes ?? 0);
    this.#images.delete(digest);
  }

  /** Only in turn: a copy that begins meanwhile waits for its room, and so puts its file in place after this. */
  async #sweep(): Promise<void> {
    for (const digest of [...this.#leaving.keys()]) {
      if (this.#isNeeded(digest)) continue;
      await this.#unlink(factsPath(this.pathOf(digest)));
      await this.#unlink(this.pathOf(digest));
      this.#leaving.delete(digest);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  #isNeeded(digest: string): boolean {
    return this.#pins.has(digest) || this.#inUse(digest);
  }

  #evictable(): Evictable[] {
    return [...this.#images]
      .filter(([digest]) => !this.#isNeeded(digest))
      .map(([digest, { diskBytes, lastUsedAtMs }]) => ({ digest, diskBytes, lastUsedAtMs }));
  }

  /** Asked without a pause, so that no copy writes between the disk's answer and the sum. */
  #space(): Space {
    const disk = statfsSync(this.#options.folder);
    const copies = [...this.#copies.values()];
    const images = [...this.#images.values()].map(({ diskBytes }) => diskBytes);
    const usedBytes = sum([...images, ...this.#leaving.values(), ...copies.map(({ roomBytes }) => roomBytes)]);
    const unwritten = sum(copies.map(({ roomBytes, writtenBytes }) => Math.max(0, roomBytes - writtenBytes)));
    const { limitGiB } = this.#options;
    return {
      limitBytes: Math.floor(limitGiB === undefined ? (disk.blocks * disk.bsize) / 2 : limitGiB * 1024 ** 3),
      usedBytes,
      freeBytes: disk.bavail * disk.bsize - unwritten,
    };
  }

  #tellOfUse(): void {
    const needed = this.digests().filter((digest) => this.#isNeeded(digest));
    if (needed.join() === this.#told) return;
    this.#told = needed.join();
    this.onChange();
  }

  async #unlink(path: string): Promise<void> {
    await rm(path, { force: true, recursive: true });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
