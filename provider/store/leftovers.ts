import { readdir, stat } from "node:fs/promises";
import { Digest } from "../../contract/patterns.ts";
import { dataFolder, dataPath, manifestFolder, supersededManifestPath } from "../../contract/store-layout.ts";
import { unlessMissing } from "./errors.ts";
import { type ManifestFile, readManifestFiles } from "./manifests.ts";
import type { Leftover } from "./store.ts";
import { deadTemporaries } from "./temporary.ts";

/** `st_blocks` counts in these, whatever the file system's own block is (stat(2)). */
const BLOCK_BYTES = 512;

/** What lies in a store's folder though no image's name stands for it: whole images first, then what dead writers left. */
export async function findLeftovers(store: string): Promise<Leftover[]> {
  // Bytes before manifests: what a writer names in between is seen to have a name.
  const present = ((await unlessMissing(readdir(dataFolder(store)))) ?? []).filter(isDigest);
  const files = await readManifestFiles(store);
  const images = namelessDigests(store, present, files).map(async (digest): Promise<Leftover> => {
    const names = formerManifests(store, files, digest).map(({ manifest }) => manifest?.name ?? "");
    return { kind: "image", digest, names: names.sort(), diskBytes: await diskBytesOf(dataPath(store, digest)) };
  });
  const dead = [...(await deadTemporaries(dataFolder(store))), ...(await deadTemporaries(manifestFolder(store)))];
  const temporaries = dead.map(async (path): Promise<Leftover> => {
    return { kind: "temporary", path, diskBytes: await diskBytesOf(path) };
  });
  return Promise.all([...images, ...temporaries]);
}

/** The digests that only manifests of images that lost their name tell of, or none at all. */
export function namelessDigests(store: string, present: readonly string[], files: readonly ManifestFile[]): string[] {
  const former = files.filter((file) => isFormer(store, file));
  // A manifest that cannot be read keeps whatever it tells of: whoever repairs it needs the bytes.
  const keeping = files.filter((file) => !former.includes(file));
  const told = [...present, ...former.flatMap(({ manifest }) => manifest?.digest ?? [])];
  return [...new Set(told)].filter((digest) => !keeping.some(({ text }) => text.includes(digest))).sort();
}

/** The manifests of an image that lost its names, one for each of these. */
export function formerManifests(store: string, files: readonly ManifestFile[], digest: string): ManifestFile[] {
  return files.filter((file) => isFormer(store, file) && file.manifest?.digest === digest);
}

function isFormer(store: string, { path, manifest }: ManifestFile): boolean {
  return manifest !== undefined && path === supersededManifestPath(store, manifest.name, manifest.digest);
}

function isDigest(name: string): boolean {
  return Digest.safeParse(name).success;
}

async function diskBytesOf(path: string): Promise<number> {
  const found = await unlessMissing(stat(path));
  return found === undefined ? 0 : found.blocks * BLOCK_BYTES;
}
