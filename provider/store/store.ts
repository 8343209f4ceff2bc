import type { ImageManifest } from "../../contract/image-manifest.ts";
import type { Operation } from "../operation.ts";

/** What a new image's manifest says beside what the bytes themselves tell. */
export interface ImageDescription {
  readonly name: string;
  readonly architecture: ImageManifest["architecture"];
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where images are kept: content-addressed, atomic, verified. The folder store is the first of its kind. */
export interface Store {
  /** All manifests, by name in order. */
  list(): Promise<ImageManifest[]>;
  /** The manifest of a name; undefined when there is none. */
  find(name: string): Promise<ImageManifest | undefined>;
  /** Whether the bytes of a digest are here. */
  has(digest: string): Promise<boolean>;
  /** Copies a file in under its digest, verified, and points the name at it. Adding what is there changes nothing. */
  put(sourceFile: string, image: ImageDescription, operation: Operation): Promise<ImageManifest>;
  /** Reads the bytes of a digest again and says whether they still are what the digest says. */
  verify(digest: string, operation: Operation): Promise<"intact" | "missing" | "damaged">;
  /** Takes the name away if it still points at this digest, and the bytes once no name points at them. */
  remove(name: string, digest: string): Promise<void>;
}
