import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageManifest } from "../../../contract/image-manifest.ts";
import type { ImageReference } from "../../../contract/image-reference.ts";
import { dataPath, manifestPath } from "../../../contract/store-layout.ts";
import { ImageCache } from "../../../execute-node/agent/cache.ts";
import { ImageStore } from "../../../execute-node/agent/image-store.ts";
import { temporaryFolder } from "../store/images.ts";

/** Bytes of a kibibyte and of a mebibyte. */
export const KIB = 1024;
export const MIB = 1024 ** 2;

/** An image store and the folder of a cache, for one test. */
export async function cacheWorld() {
  const folder = await temporaryFolder();
  const store = join(folder, "store");
  const cacheFolder = join(folder, "cache");
  for (const each of [join(store, "sha256"), join(store, "images"), cacheFolder])
    await mkdir(each, { recursive: true });

  return {
    store,
    cacheFolder,

    /** A cache as a new agent opens it. */
    async openCache(
      options: { inUse?: (digest: string) => boolean; imageStore?: ImageStore; limitMiB?: number } = {},
    ): Promise<ImageCache> {
      const { inUse = () => false, imageStore = new ImageStore(store), limitMiB } = options;
      const limitGiB = limitMiB === undefined ? undefined : limitMiB / KIB;
      const cache = new ImageCache({ folder: cacheFolder, store: imageStore, limitGiB });
      await cache.open(inUse);
      return cache;
    },

    /** Puts a raw image into the store. */
    async add(name: string, bytes: Buffer, manifest: Partial<ImageManifest> = {}): Promise<ImageReference> {
      const digest = createHash("sha256").update(bytes).digest("hex");
      await writeFile(dataPath(store, digest), bytes);
      const whole = {
        schema: 1,
        name,
        digest,
        format: "raw",
        architecture: "x86_64",
        virtualSizeBytes: bytes.length,
        sizeBytes: bytes.length,
        createdAt: "2026-01-01T00:00:00Z",
        ...manifest,
      };
      await writeFile(manifestPath(store, name), JSON.stringify(whole));
      return { name, digest };
    },
  };
}

/** The image, with nothing done with it. */
export function get(cache: ImageCache, reference: ImageReference, progress: (percent: number) => void = () => {}) {
  return cache.use(reference, progress, async (image) => image);
}
