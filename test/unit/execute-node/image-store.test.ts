import { open, rm, stat } from "node:fs/promises";
import { execa } from "execa";
import { expect, test } from "vitest";
import { dataPath } from "../../../contract/store-layout.ts";
import { ImageStore } from "../../../execute-node/agent/image-store.ts";
import { cacheWorld, get } from "./cache-world.ts";

/** A file server that is gone, as far as a reader can tell: the opening of a pipe waits for a writer. */
async function hangingStore() {
  const world = await cacheWorld();
  const references = await Promise.all([1, 2, 3].map((n) => world.add(`image${n}`, Buffer.alloc(100_000, n))));
  const paths = references.map(({ digest }) => dataPath(world.store, digest));
  for (const path of paths) {
    await rm(path);
    await execa("mkfifo", [path]);
  }
  return {
    ...world,
    references,
    /** Whoever waits goes on, and finds nothing. */
    release: async () => {
      for (const path of paths) await (await open(path, "r+")).close();
    },
  };
}

test("a store that hangs is given up, keeps the node's own files free, and is asked again when it is back", async () => {
  const { store, references, openCache, add, cacheFolder, release } = await hangingStore();
  try {
    const imageStore = new ImageStore(store, 0.2);
    const cache = await openCache({ imageStore });
    const outcomes = await Promise.allSettled(references.map((reference) => get(cache, reference)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { retry: true, message: expect.stringContaining("gave no answer within 0.2 s") },
      });
    }
    // Node.js has four threads for files: with a third one lost, and a fourth, nothing would answer.
    await Promise.all(Array.from({ length: 8 }, () => stat(cacheFolder)));
    const askedAt = performance.now();
    await expect(imageStore.ask(async () => 1)).rejects.toThrow("still gives no answer");
    expect(performance.now() - askedAt).toBeLessThan(100);
  } finally {
    await release();
  }
  const again = await add("again", Buffer.alloc(100_000, 9));
  const cache = await openCache();
  await expect(get(cache, again)).resolves.toMatchObject({ digest: again.digest });
});

test("questions to the store wait for their turn, and none of them is lost", async () => {
  const imageStore = new ImageStore("/nowhere");
  let atOnce = 0;
  let most = 0;
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      imageStore.ask(async () => {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setTimeout(resolve, 5));
        atOnce--;
        return index;
      }),
    ),
  );
  expect(answers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(most).toBe(2);
});
