import type { ImageManifest } from "../../contract/image-manifest.ts";
import { formatImageReference } from "../../contract/image-reference.ts";
import type { Context } from "../context.ts";
import { StoreError } from "../store/errors.ts";

const BYTES_PER_GIB = 1024 ** 3;

/** An image of the store as lists show it. */
export interface ImageView {
  /** `name@sha256:<digest>`: what an instance takes as its `image`. */
  readonly reference: string;
  readonly name: string;
  readonly digest: string;
  readonly format: string;
  readonly architecture: string;
  readonly firmware: string;
  /** The size of the disk that a guest sees, in GiB. */
  readonly virtualSizeGiB: number;
  /** The size of the file in the store, in bytes. */
  readonly sizeBytes: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The images in the store, by name. Throws a StoreError where no store is configured, or it cannot be read. */
export async function listImages(context: Context): Promise<ImageView[]> {
  if (context.store === undefined) {
    throw new StoreError({
      what: "No image store is configured, so no image can be listed.",
      remedy: "Set one with `pulumi config set condor:store FOLDER`, or CONDOR_CLOUD_STORE.",
    });
  }
  return (await context.store.list()).map(imageViewOf);
}

/** An image as lists show it. */
export function imageViewOf(manifest: ImageManifest): ImageView {
  return {
    reference: formatImageReference(manifest),
    name: manifest.name,
    digest: manifest.digest,
    format: manifest.format,
    architecture: manifest.architecture,
    firmware: manifest.firmware,
    virtualSizeGiB: manifest.virtualSizeBytes / BYTES_PER_GIB,
    sizeBytes: manifest.sizeBytes,
    createdAt: manifest.createdAt,
    description: manifest.description,
    labels: manifest.labels,
  };
}
