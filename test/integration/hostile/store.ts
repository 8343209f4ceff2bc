import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { ImageManifest } from "../../../contract/image-manifest.ts";
import { dataFolder, dataPath, manifestFolder, manifestPath } from "../../../contract/store-layout.ts";

/**
 * Puts bytes and a manifest into the store past the provider, as somebody would who may write to its folder.
 *
 * @param claims - what the manifest says, true or not
 * @returns the image's reference
 */
export async function plant(
  store: string,
  name: string,
  bytes: Buffer,
  claims: Partial<ImageManifest> & Pick<ImageManifest, "format">,
): Promise<string> {
  const digest = createHash("sha256").update(bytes).digest("hex");
  const manifest: ImageManifest = {
    schema: 1,
    name,
    digest,
    architecture: "x86_64",
    firmware: "bios",
    virtualSizeBytes: 24 * 1024 ** 2,
    sizeBytes: bytes.length,
    createdAt: new Date().toISOString(),
    description: "",
    labels: {},
    ...claims,
  };
  for (const folder of [dataFolder(store), manifestFolder(store)]) await mkdir(folder, { recursive: true });
  await writeFile(dataPath(store, digest), bytes);
  await writeFile(manifestPath(store, name), JSON.stringify(manifest));
  return `${name}@sha256:${digest}`;
}

/** Puts an honest image into the store. */
export async function plantFile(store: string, name: string, path: string): Promise<string> {
  return plant(store, name, await readFile(path), { format: "qcow2" });
}
