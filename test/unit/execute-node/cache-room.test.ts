import { readdir, truncate, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { dataPath } from "../../../contract/store-layout.ts";
import { CacheDescription } from "../../../execute-node/agent/cache-description.ts";
import { ImageStore } from "../../../execute-node/agent/image-store.ts";
import { cacheWorld, get, KIB, MIB } from "./cache-world.ts";

/** A mebibyte that is no hole, different for each number. */
const mebibyte = (number: number) => Buffer.alloc(MIB, number);

test("the least recently used image goes when another needs its room, also after a restart", async () => {
  const { add, openCache } = await cacheWorld();
  const [a, b, c, d] = await Promise.all([1, 2, 3, 4].map((number) => add(`image${number}`, mebibyte(number))));
  if (!a || !b || !c || !d) throw new Error("The images are not there.");
  const cache = await openCache({ limitMiB: 2.5 });
  await get(cache, a);
  await get(cache, b);
  await get(cache, a);
  await get(cache, c);
  expect(cache.digests()).toEqual([a.digest, c.digest].sort());

  await get(cache, a);
  const next = await openCache({ limitMiB: 2.5 });
  await get(next, d);
  expect(next.digests()).toEqual([a.digest, d.digest].sort());
});

test("an image that a machine's disk backs onto stays, whatever that costs others", async () => {
  const { add, openCache, cacheFolder } = await cacheWorld();
  const [a, b] = await Promise.all([add("a", mebibyte(1)), add("b", mebibyte(2))]);
  let machineRuns = true;
  const cache = await openCache({ limitMiB: 1.5, inUse: (digest) => machineRuns && digest === a.digest });
  await get(cache, a);
  await expect(get(cache, b)).rejects.toMatchObject({
    retry: true,
    message: expect.stringMatching(
      /no room for image b: it needs 1 MiB.*take 2 MiB.*machines need.*take 1 MiB.*cacheLimitGiB/,
    ),
  });
  expect(cache.digests()).toEqual([a.digest]);
  expect(await readdir(cacheFolder)).toHaveLength(2);

  machineRuns = false;
  let told = 0;
  cache.onChange = () => told++;
  await cache.machineEnded();
  expect(told).toBe(1);
  await get(cache, b);
  expect(cache.digests()).toEqual([b.digest]);
});

test("an image from which a machine is being made stays until the machine is known", async () => {
  const { add, openCache } = await cacheWorld();
  const [a, b] = await Promise.all([add("a", mebibyte(1)), add("b", mebibyte(2))]);
  const known = new Set<string>();
  const cache = await openCache({ limitMiB: 1.5, inUse: (digest) => known.has(digest) });
  await cache.use(
    a,
    () => {},
    async ({ digest }) => {
      await expect(get(cache, b)).rejects.toThrow("no room");
      known.add(digest);
    },
  );
  await expect(get(cache, b)).rejects.toThrow("no room");
  known.clear();
  await get(cache, b);
});

test("copies at once share the room: those that fit are made, the others refused", async () => {
  const { add, openCache } = await cacheWorld();
  const images = await Promise.all([1, 2, 3, 4].map((number) => add(`image${number}`, mebibyte(number))));
  const cache = await openCache({ limitMiB: 2.5 });
  const outcomes = await Promise.allSettled(images.map((image) => cache.use(image, () => {}, hold)));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
  expect(cache.describe().usedBytes).toBe(2 * MIB);
});

/** Uses an image for longer than another's copy takes. */
async function hold(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
}

test("an image that is asked for again while it is evicted is copied again, whole", async () => {
  const { add, openCache, cacheFolder } = await cacheWorld();
  const [a, b] = await Promise.all([add("a", mebibyte(1)), add("b", mebibyte(2))]);
  const cache = await openCache({ limitMiB: 1.5 });
  for (let round = 0; round < 5; round++) {
    const outcomes = await Promise.allSettled([get(cache, a), get(cache, b), get(cache, a)]);
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
    const files = await readdir(cacheFolder);
    expect(files.filter((name) => !name.endsWith(".json")).sort()).toEqual(cache.digests());
    expect(cache.describe().usedBytes).toBe(cache.digests().length * MIB);
  }
});

test("an image of mostly holes takes the room of its data", async () => {
  const { add, openCache, store } = await cacheWorld();
  const data = Buffer.alloc(300 * KIB, 1);
  const sparse = await add("sparse", Buffer.concat([data, Buffer.alloc(5 * MIB)]));
  await writeFile(dataPath(store, sparse.digest), data);
  await truncate(dataPath(store, sparse.digest), data.length + 5 * MIB);
  const cache = await openCache({ limitMiB: 1 });
  await get(cache, sparse);
  expect(cache.describe().usedBytes).toBeLessThan(MIB);
});

test("an image that takes more here than in the store is refused once there is no more room", async () => {
  const { add, openCache, store, cacheFolder } = await cacheWorld();
  class CompressingStore extends ImageStore {
    override async dataSizeOf(digest: string) {
      const { sizeBytes } = await super.dataSizeOf(digest);
      return { sizeBytes, diskBytes: sizeBytes / 4 };
    }
  }
  const image = await add("text", Buffer.alloc(4 * MIB, "text"));
  const imageStore = new CompressingStore(store);
  await expect(get(await openCache({ imageStore, limitMiB: 3 }), image)).rejects.toThrow("no room");
  expect(await readdir(cacheFolder)).toEqual([]);
  await get(await openCache({ imageStore, limitMiB: 4 }), image);
});

test("what stays for its machines alone counts as used, and goes with the last of them", async () => {
  const { add, openCache, cacheFolder } = await cacheWorld();
  const a = await add("a", mebibyte(1));
  const { path } = await get(await openCache(), a);
  await truncate(path, MIB / 2);
  let machineRuns = true;
  const cache = await openCache({ limitMiB: 1.25, inUse: () => machineRuns });
  expect(cache.holds(a.digest)).toBe(true);
  expect(cache.describe()).toMatchObject({
    usedBytes: MIB / 2,
    availableBytes: 0.75 * MIB,
    images: [{ digest: a.digest, diskBytes: MIB / 2, inUse: true }],
  });
  machineRuns = false;
  await cache.machineEnded();
  expect(cache.holds(a.digest)).toBe(false);
  expect(await readdir(cacheFolder)).toEqual([]);
});

test("the cache describes what it has, what is on its way, and what room there is", async () => {
  const { add, openCache } = await cacheWorld();
  const [a, b] = await Promise.all([add("a", mebibyte(1)), add("b", mebibyte(2))]);
  const cache = await openCache({ limitMiB: 4, inUse: (digest) => digest === a.digest });
  const startedAt = Math.floor(Date.now() / 1000);
  await get(cache, a);
  const onTheWay: CacheDescription[] = [];
  await get(cache, b, (percent) => {
    if (percent < 100) onTheWay.push(cache.describe());
  });
  expect(onTheWay[0]).toMatchObject({
    usedBytes: 2 * MIB,
    images: [{ digest: b.digest, name: "b", diskBytes: MIB, inUse: true, copyingPercent: 25 }, { name: "a" }],
  });
  const whole = CacheDescription.parse(cache.describe());
  expect(whole).toMatchObject({ limitBytes: 4 * MIB, usedBytes: 2 * MIB, availableBytes: 3 * MIB });
  expect(whole.images).toMatchObject([
    { name: "b", format: "raw", diskBytes: MIB, inUse: false },
    { name: "a", inUse: true },
  ]);
  for (const { copiedAt, lastUsedAt, copyingPercent } of whole.images) {
    expect(copiedAt).toBeGreaterThanOrEqual(startedAt);
    expect(lastUsedAt).toBeGreaterThanOrEqual(startedAt);
    expect(copyingPercent).toBeUndefined();
  }
});
