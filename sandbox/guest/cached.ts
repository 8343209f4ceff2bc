import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Reporter } from "../actions/action.ts";
import { makePoolRoot, poolRootFolder } from "../actions/root.ts";
import { makeOnce } from "../cache.ts";
import { type Asset, asset, cacheFolder } from "../paths.ts";

/** What making a guest needs. */
export interface GuestOptions {
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/** A guest's disk, of which the cache keeps one. */
export interface Recipe {
  /** The beginning of its file's name. */
  readonly name: string;
  /** What it is, for people. */
  readonly what: string;
  /** The scripts that make it, all of them. */
  readonly scripts: readonly Asset[];
  /** Whatever else decides what it becomes. */
  readonly settings?: unknown;
}

/**
 * Gets a guest from the cache, or makes it there with the tools of the pool's root, which is made when it is not there
 * yet. The file's name says what it is made of, so that a changed recipe makes another.
 *
 * @param make - makes it at the path that it is given
 * @returns the path of the cached file
 */
export async function cachedGuest(
  { name, what, scripts, settings }: Recipe,
  { reporter, signal }: GuestOptions,
  make: (image: string, root: string) => Promise<void>,
): Promise<string> {
  const texts = await Promise.all(scripts.map((script) => readFile(asset(script), "utf8")));
  const madeOf = JSON.stringify([basename(await poolRootFolder()), texts, settings]);
  const hash = createHash("sha256").update(madeOf).digest("hex").slice(0, 12);
  const image = join(cacheFolder(), `${name}-${hash}.qcow2`);
  if (existsSync(image)) return image;
  const root = await makePoolRoot({ reporter, signal });
  return makeOnce(image, { reporter, signal, what }, (temporary) => make(temporary, root));
}
