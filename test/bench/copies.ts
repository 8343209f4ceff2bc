import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { formatImageReference } from "../../contract/image-reference.ts";
import { dataFolder, dataPath, manifestFolder, manifestPath } from "../../contract/store-layout.ts";

const SIZE_MIB = 2048;
const BYTES_PER_MIB = 1024 ** 2;

/** One pair: how long each took, in seconds. */
export interface CopyPair {
  readonly copy: number;
  readonly cp: number;
  readonly sha256sum: number;
}

/** Copies an image of 2 GiB into a cache, and by `cp` and `sha256sum`, in turn, on the disk of this folder. */
export async function compareCopies(folder: string, pairs: number): Promise<CopyPair[]> {
  const store = join(folder, "store");
  const cache = join(folder, "cache");
  const plain = join(folder, "plain");
  const digest = await writeStore(store);
  const reference = formatImageReference({ name: "large", digest });
  const results: CopyPair[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    await mkdir(cache);
    await execa("sync");
    // A process of its own, as the agent is one.
    const program = join(import.meta.dirname, "copy-process.ts");
    const copying = await execa(process.execPath, [program, store, cache, reference]);
    await rm(cache, { recursive: true });
    await execa("sync");
    const cp = await secondsOf(async () => {
      await execa("cp", [dataPath(store, digest), plain]);
      await execa("sync", [plain]);
    });
    const sha256sum = await secondsOf(() => execa("sha256sum", [plain]));
    await rm(plain);
    results.push({ copy: Number(copying.stdout), cp, sha256sum });
  }
  await rm(store, { recursive: true });
  return results;
}

/** A store of one image, `large`, of bytes that no file system makes less of. @returns its digest */
async function writeStore(store: string): Promise<string> {
  for (const each of [dataFolder(store), manifestFolder(store)]) await mkdir(each, { recursive: true });
  const incoming = join(store, "incoming");
  const file = await open(incoming, "w");
  try {
    const block = randomBytes(BYTES_PER_MIB);
    for (let mib = 0; mib < SIZE_MIB; mib++) {
      block.writeUInt32LE(mib);
      await file.write(block);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const digest = (await execa("sha256sum", [incoming])).stdout.slice(0, 64);
  await rename(incoming, dataPath(store, digest));
  const bytes = SIZE_MIB * BYTES_PER_MIB;
  const manifest = {
    schema: 1,
    name: "large",
    digest,
    format: "raw",
    architecture: "x86_64",
    virtualSizeBytes: bytes,
    sizeBytes: bytes,
    createdAt: new Date().toISOString(),
  };
  await writeFile(manifestPath(store, "large"), JSON.stringify(manifest));
  return digest;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
