import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageManifest } from "../../contract/image-manifest.ts";
import { manifestFolder, manifestPath } from "../../contract/store-layout.ts";
import { DamagedManifestError, systemErrorCode } from "./errors.ts";

/** A manifest's file as it lies there: its own name, and what it says. */
export interface ManifestFile {
  readonly file: string;
  readonly text: string;
}

/** All manifest files of a store. */
export async function readManifestFiles(store: string): Promise<ManifestFile[]> {
  const folder = manifestFolder(store);
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return []; // Nothing was ever added.
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".json") && !name.startsWith("."));
  const texts = await Promise.all(files.map((file) => readIfThere(join(folder, file))));
  return files.flatMap((file, index) => ({ file, text: texts[index] ?? "" }));
}

/** The manifest of a name; undefined when there is none. Throws a DamagedManifestError when it is there and damaged. */
export async function readManifest(store: string, name: string): Promise<ImageManifest | undefined> {
  const path = manifestPath(store, name);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const manifest = parseManifest(text);
  if (manifest?.name === name) return manifest;
  throw new DamagedManifestError({
    what: `The manifest ${path} is damaged.`,
    why: "It is no image manifest of a version that this program knows.",
    remedy: "Add the image again, or remove that file.",
  });
}

/** Parses a manifest's text; undefined when it is none. */
export function parseManifest(text: string): ImageManifest | undefined {
  try {
    return ImageManifest.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
