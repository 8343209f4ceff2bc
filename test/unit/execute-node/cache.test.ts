import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ImageReference } from "../../../contract/image-reference.ts";
import { dataPath, manifestPath } from "../../../contract/store-layout.ts";
import { ImageCache } from "../../../execute-node/agent/cache.ts";
import { ImageStore } from "../../../execute-node/agent/image-store.ts";

let folder: string;
let store: string;
let cacheFolder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cache-test-"));
  store = join(folder, "store");
  cacheFolder = join(folder, "cache");
  for (const each of ["store/sha256", "store/images", "cache"]) await mkdir(join(folder, each), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

/** Counts the copies that begin. */
class CountingStore extends ImageStore {
  opened = 0;

  override open(digest: string) {
    this.opened++;
    return super.open(digest);
  }
}

async function openCache(
  inUse: (digest: string) => boolean = () => false,
  imageStore = new ImageStore(store),
): Promise<ImageCache> {
  const cache = new ImageCache({ folder: cacheFolder, store: imageStore, limitGiB: undefined });
  await cache.open(inUse);
  return cache;
}

/** The image, with nothing done with it. */
function get(cache: ImageCache, reference: ImageReference, progress: (percent: number) => void = () => {}) {
  return cache.use(reference, progress, async (image) => image);
}

async function addRaw(name: string, bytes: Buffer) {
  const digest = createHash("sha256").update(bytes).digest("hex");
  await writeFile(dataPath(store, digest), bytes);
  const manifest = {
    schema: 1,
    name,
    digest,
    format: "raw",
    architecture: "x86_64",
    virtualSizeBytes: bytes.length,
    sizeBytes: bytes.length,
    createdAt: "2026-01-01T00:00:00Z",
  };
  await writeFile(manifestPath(store, name), JSON.stringify(manifest));
  return { name, digest };
}

/** Data, a hole of a mebibyte, data. */
const BYTES = Buffer.concat([Buffer.alloc(300_000, 1), Buffer.alloc(1024 ** 2), Buffer.alloc(70_000, 2)]);

test("an image is copied whole, with its holes, and found again by the next agent", async () => {
  const reference = await addRaw("small", BYTES);
  const percents: number[] = [];
  const image = await get(await openCache(), reference, (percent) => percents.push(percent));
  expect(image).toMatchObject({ format: "raw", architecture: "x86_64", sizeBytes: BYTES.length });
  expect(await readFile(image.path)).toEqual(BYTES);
  expect((await stat(image.path)).blocks * 512).toBeLessThan(BYTES.length - 512 * 1024);
  expect(percents.at(-1)).toBe(100);

  await rm(store, { recursive: true });
  const next = await openCache();
  expect(next.digests()).toEqual([reference.digest]);
  expect((await get(next, reference)).path).toBe(image.path);
});

test("however many ask at once, an image is copied once and all hear of the progress", async () => {
  const reference = await addRaw("small", BYTES);
  const counting = new CountingStore(store);
  const cache = await openCache(() => false, counting);
  const heard = Array.from({ length: 8 }, () => 0);
  await Promise.all(heard.map((_, index) => get(cache, reference, (percent) => (heard[index] = percent))));
  expect(counting.opened).toBe(1);
  expect(heard).toEqual(heard.map(() => 100));
});

test("altered bytes are refused with both digests, leave nothing, and are looked at again next time", async () => {
  const reference = await addRaw("small", BYTES);
  const altered = Buffer.from(BYTES);
  altered[7] = 9;
  await writeFile(dataPath(store, reference.digest), altered);
  const cache = await openCache();
  await expect(get(cache, reference)).rejects.toThrow(
    new RegExp(`damaged.*sha256:${createHash("sha256").update(altered).digest("hex")}.*sha256:${reference.digest}`),
  );
  expect(await readdir(cacheFolder)).toEqual([]);
  await addRaw("small", BYTES);
  await expect(get(cache, reference)).resolves.toMatchObject({ digest: reference.digest });
});

test("what a dead agent left half done is removed at the start", async () => {
  const reference = await addRaw("small", BYTES);
  await get(await openCache(), reference);
  const other = "b".repeat(64);
  await writeFile(join(cacheFolder, `${other}.tmp`), "half");
  await writeFile(join(cacheFolder, `${other}.json`), "{}");
  await writeFile(join(cacheFolder, "c".repeat(64)), "no facts");
  await openCache();
  expect((await readdir(cacheFolder)).sort()).toEqual([reference.digest, `${reference.digest}.json`]);
});

test("a truncated image in the cache is copied anew", async () => {
  const reference = await addRaw("small", BYTES);
  const { path } = await get(await openCache(), reference);
  await writeFile(path, "short");
  await get(await openCache(), reference);
  expect(await readFile(path)).toEqual(BYTES);
});

test("an unknown image, one whose name moved on, and a store that is not there are told apart", async () => {
  const first = await addRaw("small", BYTES);
  await addRaw("small", Buffer.from("second"));
  const cache = await openCache();
  await expect(get(cache, first)).rejects.toMatchObject({
    retry: false,
    message: expect.stringContaining("is gone"),
  });
  await expect(get(cache, { name: "none", digest: first.digest })).rejects.toMatchObject({
    retry: false,
    message: expect.stringContaining("has no image none"),
  });
  await rm(store, { recursive: true });
  await expect(get(cache, first)).rejects.toMatchObject({
    retry: true,
    message: expect.stringContaining("cannot read the image store"),
  });
});

test("an image that a machine may run from stays, and is not handed out while its facts are lost", async () => {
  const reference = await addRaw("small", BYTES);
  const { path } = await get(await openCache(), reference);
  await writeFile(`${path}.json`, "{}");
  const next = await openCache((digest) => digest === reference.digest);
  expect(await readFile(path)).toEqual(BYTES);
  expect(next.digests().includes(reference.digest)).toBe(false);
  await get(next, reference);
  expect(next.digests().includes(reference.digest)).toBe(true);
});
