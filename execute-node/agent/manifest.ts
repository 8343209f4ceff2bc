import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ImageManifest } from "../../contract/image-manifest.ts";
import type { ImageReference } from "../../contract/image-reference.ts";
import { manifestFolder, manifestPath, supersededManifestPath } from "../../contract/store-layout.ts";
import { isMissing } from "./files.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { IrregularFileError, readStoreText } from "./store-file.ts";

/** More than the largest manifest takes, in bytes. */
const MANIFEST_MAX_BYTES = 256 * 1024;

/** The manifest under the image's name; where the name has moved on, any other that still names these bytes. @throws Refusal when there is none */
export async function findManifest(store: string, reference: ImageReference): Promise<ImageManifest> {
  const own = await readManifest(store, manifestPath(store, reference.name));
  if (own?.digest === reference.digest) return own;
  for (const file of await readdir(manifestFolder(store)).catch(() => [])) {
    if (!/^[a-z0-9][^/]*\.json$/.test(file)) continue;
    const other = await readManifest(store, join(manifestFolder(store), file));
    if (other?.digest === reference.digest) return other;
  }
  throw new Refusal(
    own === undefined
      ? `The image store has no image ${reference.name} with the digest sha256:${reference.digest}. Add the image, or correct the name.`
      : `Image ${reference.name} in the store now is sha256:${own.digest}; sha256:${reference.digest}, which this job asks for, is gone. Submit it with the present one.`,
  );
}

/** The manifest under which the store keeps an image of this name; undefined when there is none. */
export async function ownManifest(store: string, reference: ImageReference): Promise<ImageManifest | undefined> {
  const paths = [manifestPath(store, reference.name), supersededManifestPath(store, reference.name, reference.digest)];
  for (const path of paths) {
    const manifest = await readManifest(store, path);
    if (manifest?.digest === reference.digest) return manifest;
  }
  return undefined;
}

async function readManifest(store: string, path: string): Promise<ImageManifest | undefined> {
  try {
    return ImageManifest.parse(JSON.parse(await readStoreText(path, MANIFEST_MAX_BYTES)));
  } catch (error) {
    if (isMissing(error)) {
      // A store that is not mounted is this node's trouble, not the job's.
      await stat(manifestFolder(store)).catch((cause: unknown) => {
        throw new Refusal(`This node cannot read the image store ${store}: ${messageOf(cause)}.`, {
          retry: true,
          cause,
        });
      });
      return undefined;
    }
    const isNone = [z.ZodError, SyntaxError, IrregularFileError].some((kind) => error instanceof kind);
    if (isNone) return undefined;
    throw error;
  }
}
