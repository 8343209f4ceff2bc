import { readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ImageManifest } from "../../contract/image-manifest.ts";
import type { ImageReference } from "../../contract/image-reference.ts";
import { Digest } from "../../contract/patterns.ts";
import { dataPath } from "../../contract/store-layout.ts";
import { copyDigested, STORE_SECONDS } from "./fetch.ts";
import { isMissing, syncFolderOf, TEMPORARY_SUFFIX, writeFileAtomically } from "./files.ts";
import { inspectImage } from "./image-file.ts";
import { inTime } from "./in-time.ts";
import { findManifest } from "./manifest.ts";
import { messageOf, Refusal } from "./refusal.ts";

/** What the cache knows about an image in it: a small file beside the data, written before it. */
const CachedImageSchema = z.object({
  digest: Digest,
  format: ImageManifest.shape.format,
  architecture: ImageManifest.shape.architecture,
  virtualSizeBytes: z.int().positive(),
  sizeBytes: z.int().positive(),
});
type CachedFacts = z.infer<typeof CachedImageSchema>;

/** An image in this node's cache, verified. */
export interface CachedImage extends CachedFacts {
  /** The file that overlays back onto. */
  readonly path: string;
}

/**
 * The node's copies of images: `<digest>` and `<digest>.json`, both made under a temporary name and renamed. However
 * many jobs ask at once, an image is copied once: they share one promise, so there is no lock that could be left behind.
 */
export class ImageCache {
  readonly #folder: string;
  readonly #store: string;
  readonly #images = new Map<string, CachedImage>();
  readonly #copies = new Map<string, Copy>();
  #attempts = 0;
  /** Told when an image came or went. */
  onChange: () => void = () => {};

  constructor(folder: string, store: string) {
    this.#folder = folder;
    this.#store = store;
  }

  /**
   * Finds what an earlier agent left: whole images are kept when their size is right, everything else is removed.
   *
   * @param inUse - whether a machine's disk may back onto the file of this digest: it stays then, although no other
   * machine gets it
   */
  async open(inUse: (digest: string) => boolean): Promise<void> {
    const names = await readdir(this.#folder);
    for (const digest of names.filter((name) => Digest.safeParse(name).success)) {
      const image = await this.#readCached(digest);
      if (image !== undefined) this.#images.set(digest, image);
    }
    for (const name of names) {
      const stays = this.#images.has(name.replace(/\.json$/, "")) || (Digest.safeParse(name).success && inUse(name));
      if (!stays) await this.#remove(name);
    }
  }

  /** The digests of the images here, in order. */
  digests(): string[] {
    return [...this.#images.keys()].sort();
  }

  /** Whether an image is here. */
  has(digest: string): boolean {
    return this.#images.has(digest);
  }

  /** The file of an image in the cache. */
  pathOf(digest: string): string {
    return join(this.#folder, Digest.parse(digest));
  }

  /** The bytes that the images here take at most; holes count. */
  usedBytes(): number {
    return [...this.#images.values()].reduce((sum, image) => sum + image.sizeBytes, 0);
  }

  /**
   * Gives the image from the cache, copying it from the store first where it is missing.
   *
   * @param progress - told how much of the copy is done, in whole percent
   * @throws Refusal when the store does not have it, or has something else under its name
   */
  async get(reference: ImageReference, progress: (percent: number) => void): Promise<CachedImage> {
    const cached = this.#images.get(reference.digest);
    if (cached !== undefined) return cached;
    let copy = this.#copies.get(reference.digest);
    if (copy === undefined) {
      const listeners = new Set<(percent: number) => void>();
      const image = this.#copy(reference, (percent) => {
        for (const listener of listeners) listener(percent);
      }).finally(() => this.#copies.delete(reference.digest));
      copy = { image, listeners };
      this.#copies.set(reference.digest, copy);
    }
    copy.listeners.add(progress);
    return copy.image;
  }

  async #copy(reference: ImageReference, progress: (percent: number) => void): Promise<CachedImage> {
    const manifest = await inTime(findManifest(this.#store, reference), STORE_SECONDS, "the image store");
    const path = join(this.#folder, reference.digest);
    // A name of its own: a copy that was given up may still hang in a read.
    const temporary = `${path}.${this.#attempts++}${TEMPORARY_SUFFIX}`;
    try {
      await rm(temporary, { force: true });
      await this.#checkSpace(reference);
      let percent = 0;
      const digest = await copyDigested(dataPath(this.#store, reference.digest), temporary, (done, total) => {
        const now = total === 0 ? 100 : Math.floor((done / total) * 100);
        if (now !== percent) progress(now);
        percent = now;
      });
      if (digest !== reference.digest) {
        throw new Refusal(
          `Image ${reference.name} in the store is damaged: its bytes have the digest sha256:${digest}, not ` +
            `sha256:${reference.digest}. Add it again.`,
        );
      }
      const facts = await inspectImage(temporary, manifest.format, reference.name);
      const { size: sizeBytes } = await stat(temporary);
      const image: CachedFacts = { digest, architecture: manifest.architecture, sizeBytes, ...facts };
      await writeFileAtomically(`${path}.json`, `${JSON.stringify(image)}\n`);
      await rename(temporary, path);
      await syncFolderOf(path);
      const cached = { ...image, path };
      this.#images.set(digest, cached);
      this.onChange();
      return cached;
    } catch (error) {
      await rm(temporary, { force: true });
      throw refusalOf(error, reference);
    }
  }

  /** A copy that fills the disk would stop the machines that run from it. */
  async #checkSpace(reference: ImageReference): Promise<void> {
    const source = await inTime(stat(dataPath(this.#store, reference.digest)), STORE_SECONDS, "the image store");
    const disk = await statfs(this.#folder);
    const lacking = lackingBytes(source.blocks * 512, disk.bavail * disk.bsize);
    if (lacking === 0) return;
    throw new Refusal(
      `This node's disk lacks ${Math.ceil(lacking / 1024 ** 2)} MiB for image ${reference.name}. The job waits for another node, or for room on this one.`,
      { retry: true },
    );
  }

  async #readCached(digest: string): Promise<CachedImage | undefined> {
    const path = join(this.#folder, digest);
    try {
      const facts = CachedImageSchema.parse(JSON.parse(await readFile(`${path}.json`, "utf8")));
      const { size } = await stat(path);
      return facts.digest === digest && facts.sizeBytes === size ? { ...facts, path } : undefined;
    } catch {
      return undefined;
    }
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true, recursive: true });
  }
}

/** What must stay free beside a new image, in bytes: overlays grow, and a full disk stops their machines. */
const SPARE_BYTES = 512 * 1024 ** 2;

/** The bytes that a disk lacks for a file of this size. */
export function lackingBytes(wantedBytes: number, freeBytes: number): number {
  return Math.max(0, wantedBytes + SPARE_BYTES - freeBytes);
}

interface Copy {
  readonly image: Promise<CachedImage>;
  readonly listeners: Set<(percent: number) => void>;
}

function refusalOf(error: unknown, reference: ImageReference): Refusal {
  if (error instanceof Refusal) return error;
  if (isMissing(error)) {
    return new Refusal(
      `The bytes of image ${reference.name} (sha256:${reference.digest}) are missing in the store. Add the image again.`,
      { cause: error },
    );
  }
  return new Refusal(`This node could not copy image ${reference.name} into its cache: ${messageOf(error)}.`, {
    retry: true,
    cause: error,
  });
}
