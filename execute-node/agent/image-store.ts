import { type FileHandle, stat } from "node:fs/promises";
import type { ImageManifest } from "../../contract/image-manifest.ts";
import type { ImageReference } from "../../contract/image-reference.ts";
import { dataPath } from "../../contract/store-layout.ts";
import { inTime } from "./in-time.ts";
import { findManifest, ownManifest } from "./manifest.ts";
import { openStoreFile } from "./store-file.ts";

/** How long the image store may take for one answer, in seconds. A file server that is gone hangs for ever. */
const STORE_SECONDS = 60;

/** How long it may take where the answer can be done without, in seconds. */
const GLANCE_SECONDS = 2;

/**
 * How many questions the store is asked at once. One that hangs keeps one of Node.js's four threads for files until the
 * file server is back; the others must stay free for this node's own disk.
 */
const ASKED_MAX = 2;

/** The image store as this node reads it: with patience, but never for ever. */
export class ImageStore {
  readonly #folder: string;
  readonly #patienceSeconds: number;
  readonly #waiting: (() => void)[] = [];
  #asked = 0;
  #hanging = 0;

  constructor(folder: string, patienceSeconds = STORE_SECONDS) {
    this.#folder = folder;
    this.#patienceSeconds = patienceSeconds;
  }

  /** The manifest of an image. @throws Refusal when there is none, or no store */
  manifestOf(reference: ImageReference): Promise<ImageManifest> {
    return this.ask(() => findManifest(this.#folder, reference));
  }

  /** The manifest of an image as the store has it now; undefined where it has none, or does not answer at once. */
  async glanceAt(reference: ImageReference): Promise<ImageManifest | undefined> {
    return this.ask(() => ownManifest(this.#folder, reference), GLANCE_SECONDS).catch(() => undefined);
  }

  /** What an image's bytes take in the store, and how many they are. */
  async dataSizeOf(digest: string): Promise<{ readonly sizeBytes: number; readonly diskBytes: number }> {
    const { size, blocks } = await this.ask(() => stat(dataPath(this.#folder, digest)));
    return { sizeBytes: size, diskBytes: blocks * 512 };
  }

  /** Opens an image's bytes. Whoever reads them asks for each read by {@link ask}. */
  async open(digest: string): Promise<FileHandle> {
    const opening = { given: true };
    try {
      return await this.ask(async () => {
        const file = await openStoreFile(dataPath(this.#folder, digest));
        // Opened after all, when nobody waits any more.
        if (!opening.given) await file.close();
        return file;
      });
    } catch (error) {
      opening.given = false;
      throw error;
    }
  }

  /**
   * Has the store do something that may hang.
   *
   * @throws Error also when it gives no answer for as long as it may take
   */
  async ask<T>(work: () => Promise<T>, seconds = this.#patienceSeconds): Promise<T> {
    if (this.#hanging >= ASKED_MAX) throw new Error("the image store still gives no answer to earlier questions");
    const question = { givenUp: false };
    const answer = this.#inTurn(() => {
      if (question.givenUp) throw new Error("given up");
      return this.#watched(work);
    });
    try {
      return await inTime(answer, seconds, "the image store");
    } catch (error) {
      question.givenUp = true;
      throw error;
    }
  }

  /** Counts work as hanging once the whole patience is over: who asked may have given up earlier, of a store that is slow. */
  async #watched<T>(work: () => Promise<T>): Promise<T> {
    let hangs = false;
    const timer = setTimeout(() => {
      hangs = true;
      this.#hanging++;
    }, this.#patienceSeconds * 1000).unref();
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      if (hangs) this.#hanging--;
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#asked >= ASKED_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#asked++;
    try {
      return await work();
    } finally {
      // The place goes to the next in line, or is free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#asked--;
      else next();
    }
  }
}
