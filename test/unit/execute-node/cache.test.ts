import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataPath } from "../../../contract/store-layout.ts";
import { ImageStore } from "../../../execute-node/agent/image-store.ts";
import { cacheWorld, get } from "./cache-world.ts";

/** Counts the copies that begin. */
class CountingStore extends ImageStore {
  opened = 0;

  override open(digest: string) {
    this.opened++;
    return super.open(digest);
  }
}

/** Data, a hole of a mebibyte, data. */
const BYTES = Buffer.concat([Buffer.alloc(300_000, 1), Buffer.alloc(1024 ** 2), Buffer.alloc(70_000, 2)]);

test("an image is copied whole, with its holes, and found again by the next agent", async () => {
  const { add, openCache, store } = await cacheWorld();
  const reference = await add("small", BYTES);
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
  const { add, openCache, store } = await cacheWorld();
  const reference = await add("small", BYTES);
  const counting = new CountingStore(store);
  const cache = await openCache({ imageStore: counting });
  const heard = Array.from({ length: 8 }, () => 0);
  await Promise.all(heard.map((_, index) => get(cache, reference, (percent) => (heard[index] = percent))));
  expect(counting.opened).toBe(1);
  expect(heard).toEqual(heard.map(() => 100));
});

test("altered bytes are refused with both digests, leave nothing, and are looked at again next time", async () => {
  const { add, openCache, store, cacheFolder } = await cacheWorld();
  const reference = await add("small", BYTES);
  const altered = Buffer.from(BYTES);
  altered[7] = 9;
  await writeFile(dataPath(store, reference.digest), altered);
  const cache = await openCache();
  await expect(get(cache, reference)).rejects.toThrow(
    new RegExp(`damaged.*sha256:${createHash("sha256").update(altered).digest("hex")}.*sha256:${reference.digest}`),
  );
  expect(await readdir(cacheFolder)).toEqual([]);
  await add("small", BYTES);
  await expect(get(cache, reference)).resolves.toMatchObject({ digest: reference.digest });
});

test("what a dead agent left half done is removed at the start", async () => {
  const { add, openCache, cacheFolder } = await cacheWorld();
  const reference = await add("small", BYTES);
  await get(await openCache(), reference);
  const other = "b".repeat(64);
  await writeFile(join(cacheFolder, `${other}.tmp`), "half");
  await writeFile(join(cacheFolder, `${other}.json`), "{}");
  await writeFile(join(cacheFolder, "c".repeat(64)), "no facts");
  await openCache();
  expect((await readdir(cacheFolder)).sort()).toEqual([reference.digest, `${reference.digest}.json`]);
});

test("a truncated image in the cache is copied anew", async () => {
  const { add, openCache } = await cacheWorld();
  const reference = await add("small", BYTES);
  const { path } = await get(await openCache(), reference);
  await writeFile(path, "short");
  await get(await openCache(), reference);
  expect(await readFile(path)).toEqual(BYTES);
});

test("an unknown image, one whose name moved on, and a store that is not there are told apart", async () => {
  const { add, openCache, store } = await cacheWorld();
  const first = await add("small", BYTES);
  await add("small", Buffer.from("second"));
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
  const { add, openCache } = await cacheWorld();
  const reference = await add("small", BYTES);
  const { path } = await get(await openCache(), reference);
  await writeFile(`${path}.json`, "{}");
  const next = await openCache({ inUse: (digest) => digest === reference.digest });
  expect(await readFile(path)).toEqual(BYTES);
  expect(next.digests().includes(reference.digest)).toBe(false);
  await get(next, reference);
  expect(next.digests().includes(reference.digest)).toBe(true);
});

test("data whose time changed is not trusted, at the next start and at the next use", async () => {
  const { add, openCache } = await cacheWorld();
  const reference = await add("small", BYTES);
  const cache = await openCache();
  const { path, modifiedAtMs } = await get(cache, reference);
  const later = new Date(modifiedAtMs + 5000);
  const tampered = Buffer.from(BYTES);
  tampered[0] = 99;

  await writeFile(path, tampered);
  await utimes(path, later, later);
  expect((await openCache({ inUse: () => true })).digests()).toEqual([]);
  await Promise.all([get(cache, reference), get(cache, reference)]);
  expect(await readFile(path)).toEqual(BYTES);

  await utimes(path, later, later);
  expect((await openCache()).digests()).toEqual([]);
  await expect(readFile(path)).rejects.toThrow("ENOENT");
});

test("facts of an earlier version are not trusted", async () => {
  const { add, openCache } = await cacheWorld();
  const reference = await add("small", BYTES);
  const { path, modifiedAtMs: _left, ...facts } = await get(await openCache(), reference);
  await writeFile(`${path}.json`, JSON.stringify(facts));
  expect((await openCache()).digests()).toEqual([]);
});

test("how an image's machines are built is what its manifest says now, or said last while there is no store", async () => {
  const { add, openCache, store } = await cacheWorld();
  const reference = await add("small", BYTES);
  const cache = await openCache();
  expect(await get(cache, reference)).toMatchObject({ firmware: "bios", machineType: "q35" });
  await add("small", BYTES, { firmware: "uefi" });
  await add("old", BYTES, { architecture: "i686" });
  expect(await get(cache, reference)).toMatchObject({ firmware: "uefi", machineType: "q35" });
  expect(await get(cache, { ...reference, name: "old" })).toMatchObject({ firmware: "bios", machineType: "pc" });
  expect(await get(cache, reference)).toMatchObject({ firmware: "uefi", architecture: "x86_64" });
  await rm(store, { recursive: true });
  expect(await get(await openCache(), reference)).toMatchObject({ firmware: "uefi", machineType: "q35" });
});

test("bytes that are missing in the store are the image's fault, a copy that is lost on this node is the node's", async () => {
  const { add, openCache, store, cacheFolder } = await cacheWorld();
  const reference = await add("small", BYTES);
  const cache = await openCache();
  const losing = get(cache, reference, (percent) => {
    if (percent === 100) rmSync(join(cacheFolder, readdirSync(cacheFolder)[0] ?? ""));
  });
  await expect(losing).rejects.toMatchObject({ retry: true });
  await rm(dataPath(store, reference.digest));
  await expect(get(cache, reference)).rejects.toMatchObject({
    retry: false,
    message: expect.stringContaining("are missing in the store"),
  });
});
