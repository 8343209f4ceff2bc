import { rename, rm } from "node:fs/promises";
import { type ImageManifest, machineTypeOf } from "../../contract/image-manifest.ts";
import type { ImageReference } from "../../contract/image-reference.ts";
import { type CachedImage, dataFacts, writeCached } from "./cached-image.ts";
import { type CopyWatch, copyDigested } from "./fetch.ts";
import { isMissing, syncFolderOf, TEMPORARY_SUFFIX } from "./files.ts";
import { inspectImage } from "./image-file.ts";
import type { ImageStore } from "./image-store.ts";
import { messageOf, Refusal } from "./refusal.ts";

/** How much room is asked for at a time when an image takes more than it does in the store. */
const MORE_BYTES = 64 * 1024 ** 2;

/** Numbers the copies of this process. */
let attempts = 0;

/**
 * Copies an image out of the store, verifies it, and puts it in place with what is known about it.
 *
 * @param path - where it belongs
 * @throws Refusal when the store does not have it, has something else under its name, or the copy fails; nothing is left
 */
export async function copyImage(
  store: ImageStore,
  reference: ImageReference,
  path: string,
  watch: CopyWatch,
): Promise<CachedImage> {
  // A name of its own: an earlier agent, or a copy that was given up in a read that hangs, may not be quite dead.
  const temporary = `${path}.${process.pid}-${attempts++}${TEMPORARY_SUFFIX}`;
  try {
    const manifest = await store.manifestOf(reference);
    const { sizeBytes, diskBytes } = await store.dataSizeOf(reference.digest).catch((error: unknown) => {
      throw isMissing(error) ? bytesMissing(reference, error) : error;
    });
    let room = Math.min(sizeBytes, diskBytes);
    await watch.room(room);
    await rm(temporary, { force: true });
    const digest = await copyDigested(store, reference.digest, temporary, {
      ...watch,
      // A store that compresses takes less than its bytes do here.
      room: async (bytes) => {
        if (bytes <= room) return;
        room = Math.min(sizeBytes, bytes + MORE_BYTES);
        await watch.room(room);
      },
    });
    if (digest !== reference.digest) {
      throw new Refusal(
        `Image ${reference.name} in the store is damaged: its bytes have the digest sha256:${digest}, not ` +
          `sha256:${reference.digest}. Add it again.`,
      );
    }
    const { format, virtualSizeBytes } = await inspectImage(temporary, manifest.format, reference.name);
    const data = await dataFacts(temporary);
    const image: CachedImage = {
      digest,
      name: reference.name,
      format,
      ...machineFacts(manifest),
      virtualSizeBytes,
      sizeBytes: data.sizeBytes,
      modifiedAtMs: data.modifiedAtMs,
      copiedAt: Math.floor(Date.now() / 1000),
      path,
    };
    await writeCached(image);
    await rename(temporary, path);
    await syncFolderOf(path);
    return image;
  } catch (error) {
    await rm(temporary, { force: true });
    throw refusalOf(error, reference);
  }
}

/** Of what a manifest says, what a machine is built by. */
export function machineFacts(manifest: ImageManifest) {
  const { architecture, firmware } = manifest;
  return { architecture, firmware, machineType: machineTypeOf(manifest) };
}

function bytesMissing({ name, digest }: ImageReference, cause: unknown): Refusal {
  return new Refusal(`The bytes of image ${name} (sha256:${digest}) are missing in the store. Add the image again.`, {
    cause,
  });
}

function refusalOf(error: unknown, reference: ImageReference): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(`This node could not copy image ${reference.name} into its cache: ${messageOf(error)}.`, {
    retry: true,
    cause: error,
  });
}
