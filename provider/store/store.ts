import type { ImageManifest } from "../../contract/image-manifest.ts";
import type { Operation } from "../operation.ts";

/** What a new image's manifest says beside what the bytes themselves tell. */
export interface ImageDescription {
  readonly name: string;
  readonly architecture: ImageManifest["architecture"];
  /** Absent: `bios`. */
  readonly firmware?: ImageManifest["firmware"];
  /** Absent: what suits the architecture. */
  readonly machineType?: ImageManifest["machineType"];
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One adding of an image: what a removal takes back, and no later one's work. */
export type AddedImage = Pick<ImageManifest, "name" | "digest" | "createdAt">;

/** What lies in a store though no image's name stands for it. */
export type Leftover =
  | {
      readonly kind: "image";
      /** Of the bytes, which may be missing by now. */
      readonly digest: string;
      /** The names that once stood for them, in order; none: a writer died before it gave them one. */
      readonly names: readonly string[];
      /** What it takes on the disk, in bytes. */
      readonly diskBytes: number;
    }
  | {
      /** What a writer that died left half-made. */
      readonly kind: "temporary";
      readonly path: string;
      readonly diskBytes: number;
    };

/** Where images are kept: content-addressed, atomic, verified. The folder store is the first of its kind. */
export interface Store {
  /** All manifests that can be read, by name in order. */
  list(): Promise<ImageManifest[]>;
  /**
   * The manifest of a name; undefined when there is none. Throws a DamagedManifestError when it is there and damaged.
   *
   * @param digest - the manifest of this image under the name, also when the name stands for another image by now
   */
  find(name: string, digest?: string): Promise<ImageManifest | undefined>;
  /** Whether the bytes of a digest are here. */
  has(digest: string): Promise<boolean>;
  /**
   * Copies a file in under its digest and points the name at it. Bytes that are here and intact are not copied again.
   * An image that loses its name so stays until its own adding is taken back: machines may still need it.
   *
   * @param expectedDigest - refuse the file when its content is not this; absent: take it as it is
   */
  put(
    sourceFile: string,
    image: ImageDescription,
    operation: Operation,
    expectedDigest?: string,
  ): Promise<ImageManifest>;
  /** Reads the bytes of a digest again and says whether they still are what the digest says. */
  verify(digest: string, operation: Operation): Promise<"intact" | "missing" | "damaged">;
  /**
   * Takes back one adding: the name, if it still stands for it, and the bytes, once no other adding needs them.
   * Removing what is gone is no error.
   *
   * @param usersOf - the machines that need the bytes of a digest, asked before bytes go
   * @throws InUseError when there are any; nothing is removed then
   */
  remove(image: AddedImage, usersOf: (digest: string) => Promise<readonly string[]>): Promise<void>;
  /** What no name stands for. Whether machines need it, only the pool knows. Changes nothing. */
  leftovers(): Promise<Leftover[]>;
  /**
   * Removes what no name stands for, unless one does by now. Removing what is gone is no error.
   *
   * @returns whether it is gone
   */
  discard(leftover: Leftover): Promise<boolean>;
}
