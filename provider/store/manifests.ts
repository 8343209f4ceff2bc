import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageManifest } from "../../contract/image-manifest.ts";
import { manifestFolder } from "../../contract/store-layout.ts";
import { DamagedManifestError, unlessMissing } from "./errors.ts";

/** A manifest's file as it lies there. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
  /** Undefined when the text is no manifest that this version knows. */
  readonly manifest: ImageManifest | undefined;
}

/** All manifest files of a store, of images that lost their name too. */
export async function readManifestFiles(store: string): Promise<ManifestFile[]> {
  const folder = manifestFolder(store);
  const names = (await unlessMissing(readdir(folder))) ?? []; // Missing: nothing was ever added.
  const paths = names
    .filter((name) => name.endsWith(".json") && !name.startsWith("."))
    .map((name) => join(folder, name));
  const files = await Promise.all(paths.map(readManifestFile));
  return files.filter((file) => file !== undefined);
}

/** One manifest file; undefined when there is none. */
export async function readManifestFile(path: string): Promise<ManifestFile | undefined> {
  const text = await unlessMissing(readFile(path, "utf8"));
  return text === undefined ? undefined : { path, text, manifest: parseManifest(text) };
}

/** The manifest in a file, which must be one and have this name. */
export function requireManifest(file: ManifestFile, name: string): ImageManifest {
  if (file.manifest?.name === name) return file.manifest;
  throw new DamagedManifestError({
    what: `The manifest ${file.path} is damaged.`,
    why: "It is no image manifest of a version that this program knows.",
    remedy: "Add the image again, or remove that file.",
  });
}

/** The text of a manifest's file. */
export function formatManifest(manifest: ImageManifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function parseManifest(text: string): ImageManifest | undefined {
  try {
    return ImageManifest.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
