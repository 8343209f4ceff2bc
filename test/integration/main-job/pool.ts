import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { cachedImagesOn, domainsOn, executeNode, instanceFoldersOn } from "../pool/nodes.ts";

/** Runs a command on the execute node, as root. */
export async function onNode(...command: string[]): Promise<string> {
  return runIn(await executeNode(1), command);
}

/** The names of libvirt's domains on the execute node. */
export async function domains(): Promise<string[]> {
  return domainsOn(await executeNode(1));
}

/** The instance folders on the execute node. */
export async function instanceFolders(): Promise<string[]> {
  return instanceFoldersOn(await executeNode(1));
}

/** The images in the execute node's cache, temporaries too. */
export async function cachedImages(): Promise<string[]> {
  return cachedImagesOn(await executeNode(1));
}

/** Every file in the image store, temporaries too. */
export async function storeFiles(): Promise<string[]> {
  const store = inject("environment").CONDOR_CLOUD_STORE ?? "";
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(store.length + 1));
}
