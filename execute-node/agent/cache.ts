import { statfsSync } from "node:fs";
import type { ImageReference } from "../../contract/image-reference.ts";
import { type CacheDescription, type CopyState, describeCache } from "./cache-description.ts";
import { type CachedImage, isAsCopied, touchCached, writeCached } from "./cached-image.ts";
import { chooseEvictions, lackingBytes, type Space } from "./eviction.ts";
import { copyImage, machineFacts } from "./image-copy.ts";
import type { ImageStore } from "./image-store.ts";
import { noRoom } from "./no-room.ts";
import { Shelf } from "./shelf.ts";

/** Where a cache lies and what it may take. */
export interface CacheOptions {
  readonly folder: string;
  readonly store: ImageStore;
  /** The most that it may take, in GiB; absent: half of the file system that it lies on. */
  readonly limitGiB: number | undefined;
}

/**
 * The node's copies of images.
 *
 * There is no lock that could be left behind: one agent owns the folder, all who want an image share one promise of its
 * copy, and a copy whose store hangs is given up. An image stays while it is pinned, which {@link use} does until the
 * machine's record exists, and from then on while a machine's disk backs onto it.
 */
export class ImageCache {
  readonly #options: CacheOptions;
  readonly #shelf: Shelf;
  readonly #copies = new Map<string, { readonly state: CopyState; readonly image: Promise<CachedImage> }>();
  /** Room is made, and files are removed, by one at a time: what one has seen free, no other takes. */
  #turn: Promise<void> = Promise.resolve();
  #told = "";
  /** Told when an image came or went, or the room for new ones changed. */
  onChange: () => void = () => {};

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#shelf = new Shelf(options.folder);
  }

  /**
   * Finds what an earlier agent left: an image is kept when its data has the size and time of its copy, everything else
   * is removed.
   *
   * @param inUse - whether a machine's disk backs, or may back, onto the file of this digest: it stays then, although no
   * other machine gets it unless it is as it was copied
   */
  open(inUse: (digest: string) => boolean): Promise<void> {
    return this.#shelf.open(inUse);
  }

  /** The digests of the images that new machines can get without a copy, in order. */
  digests(): string[] {
    return [...this.#shelf.images.keys()].sort();
  }

  /** Whether the file of this digest is here, for new machines or only for those that have it already. */
  holds(digest: string): boolean {
    return this.#shelf.holds(digest);
  }

  /** The file of an image in the cache. */
  pathOf(digest: string): string {
    return this.#shelf.pathOf(digest);
  }

  /** How the cache stands, for the pool and for administrators. */
  describe(): CacheDescription {
    return describeCache(this.#shelf, this.#copyStates(), this.#space());
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
    this.#shelf.pin(reference.digest);
    this.#tellOfUse();
    try {
      return await work(await this.#get(reference, progress));
    } finally {
      this.#shelf.unpin(reference.digest);
      this.#tellOfUse();
    }
  }

  /** To be called when a machine came to its end: images may have become free to go. */
  async machineEnded(): Promise<void> {
    await this.#inTurn(() => this.#shelf.sweep());
    this.#tellOfUse();
  }

  async #get(reference: ImageReference, progress: (percent: number) => void): Promise<CachedImage> {
    const { digest } = reference;
    const image = this.#shelf.images.get(digest)?.image;
    if (image === undefined) {
      const { state, image: copied } = this.#copies.get(digest) ?? this.#beginCopy(reference);
      state.listeners.add(progress);
      return copied;
    }
    if (await isAsCopied(image)) return this.#refresh(image, reference);
    // Somebody touched it, and another who found that may have had it copied anew meanwhile.
    if (this.#shelf.images.get(digest)?.image.modifiedAtMs === image.modifiedAtMs) this.#shelf.leave(digest);
    return this.#get(reference, progress);
  }

  /** The same bytes may have got another manifest since their copy; while the store does not answer, the known one counts. */
  async #refresh(known: CachedImage, reference: ImageReference): Promise<CachedImage> {
    const manifest = await this.#options.store.glanceAt(reference);
    const image = manifest === undefined ? known : { ...known, ...machineFacts(manifest) };
    if (JSON.stringify(image) === JSON.stringify(known)) await touchCached(image.path);
    else await writeCached(image);
    await this.#shelf.put(image);
    return image;
  }

  #beginCopy(reference: ImageReference) {
    const { digest, name } = reference;
    const state: CopyState = { name, listeners: new Set(), percent: 0, roomBytes: 0, writtenBytes: 0 };
    const image = this.#copy(reference, state).finally(() => {
      this.#copies.delete(digest);
      this.onChange();
    });
    const copy = { state, image };
    this.#copies.set(digest, copy);
    return copy;
  }

  async #copy(reference: ImageReference, state: CopyState): Promise<CachedImage> {
    const image = await copyImage(this.#options.store, reference, this.pathOf(reference.digest), {
      progress: (done, total) => {
        const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
        if (percent === state.percent) return;
        state.percent = percent;
        for (const listener of state.listeners) listener(percent);
      },
      room: (bytes) => this.#makeRoom(state, bytes),
      written: (bytes) => {
        state.writtenBytes = bytes;
      },
    });
    await this.#shelf.put(image);
    return image;
  }

  /** Promises a copy this many bytes in all. @throws Refusal when that cannot be; then nothing was evicted for it */
  #makeRoom(state: CopyState, bytes: number): Promise<void> {
    return this.#inTurn(async () => {
      const space = this.#space();
      const wanted = Math.max(0, bytes - state.roomBytes);
      const evicted = chooseEvictions(lackingBytes(wanted, space), this.#shelf.evictable());
      if (evicted === undefined) throw noRoom(state.name, bytes, this.describe(), space);
      state.roomBytes += wanted;
      for (const digest of evicted) this.#shelf.leave(digest);
      // In turn: a copy of one of these that begins meanwhile waits for its room, so it comes after their removal.
      await this.#shelf.sweep();
      this.onChange();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Asked without a pause, so that no copy writes between the disk's answer and the sum. */
  #space(): Space {
    const disk = statfsSync(this.#options.folder);
    const { limitGiB } = this.#options;
    const images = [...this.#shelf.images.values()].map(({ diskBytes }) => diskBytes);
    const copies = [...this.#copyStates().values()];
    const unwritten = copies.map(({ roomBytes, writtenBytes }) => Math.max(0, roomBytes - writtenBytes));
    return {
      limitBytes: Math.floor(limitGiB === undefined ? (disk.blocks * disk.bsize) / 2 : limitGiB * 1024 ** 3),
      usedBytes: sum([...images, ...this.#shelf.leaving.values(), ...copies.map(({ roomBytes }) => roomBytes)]),
      freeBytes: disk.bavail * disk.bsize - sum(unwritten),
    };
  }

  #copyStates(): ReadonlyMap<string, CopyState> {
    return new Map([...this.#copies].map(([digest, { state }]) => [digest, state]));
  }

  #tellOfUse(): void {
    const needed = this.digests().filter((digest) => this.#shelf.isNeeded(digest));
    if (needed.join() === this.#told) return;
    this.#told = needed.join();
    this.onChange();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
