/**
 * The image store's folder, as provider and execute node both read it:
 *
 *     sha256/<digest>       the data, named by what it contains
 *     images/<name>.json    one manifest per name (contract/image-manifest.ts)
 *     images/<name>@<digest>.json
 *                           the manifest of an image that lost its name to another while machines may still need it
 *
 * A writer works in a file whose name begins with {@link TEMPORARY_PREFIX} in the same folder and renames it, so a
 * reader sees whole files only.
 */
import { join } from "node:path";
import { Digest, ImageName } from "./patterns.ts";

/** Names that begin so belong to a writer at work, or to one that died. */
export const TEMPORARY_PREFIX = ".incoming-";

/** The folder of the data. */
export function dataFolder(store: string): string {
  return join(store, "sha256");
}

/** The folder of the manifests. */
export function manifestFolder(store: string): string {
  return join(store, "images");
}

/** Where an image's bytes lie. Throws when the digest is none, so that no text becomes a path unchecked. */
export function dataPath(store: string, digest: string): string {
  return join(dataFolder(store), Digest.parse(digest));
}

/** Where the manifest of a name lies. Throws when the name is none. */
export function manifestPath(store: string, name: string): string {
  return join(manifestFolder(store), `${ImageName.parse(name)}.json`);
}

/** Where the manifest of an image lies whose name now stands for another one. Throws as {@link manifestPath} does. */
export function supersededManifestPath(store: string, name: string, digest: string): string {
  return join(manifestFolder(store), `${ImageName.parse(name)}@${Digest.parse(digest)}.json`);
}
