import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { ImageStore } from "../../../execute-node/agent/image-store.ts";
import { cacheWorld, get } from "./cache-world.ts";

/** A file server that is gone, as far as a reader can tell: the opening of a pipe waits for a writer. */
async function hangingPipes(folder: string) {
  const paths = ["one", "two", "three"].map((name) => join(folder, name));
  await execa("mkfifo", paths);
  return {
    paths,
    /** Whoever waits goes on, and finds nothing. */
    release: async () => {
      for (const path of paths) await (await open(path, "r+")).close();
    },
  };
}

test("a store that hangs is given up, keeps the node's own files free, and is asked again when it is back", async () => {
  const { store, openCache, add, cacheFolder } = await cacheWorld();
  const { paths, release } = await hangingPipes(store);
  const image = await add("image", Buffer.alloc(100_000, 9));
  const imageStore = new ImageStore(store, 0.2);
  const cache = await openCache({ imageStore });
  try {
    const outcomes = await Promise.allSettled(paths.map((path) => imageStore.ask(() => open(path, "r"))));
    for (const outcome of outcomes) {
      const reason = { message: expect.stringContaining("gave no answer within 0.2 s") };
      expect(outcome).toMatchObject({ status: "rejected", reason });
    }
    // Node.js has four threads for files: with a third one lost, and a fourth, nothing would answer.
    await Promise.all(Array.from({ length: 8 }, () => stat(cacheFolder)));
    const askedAt = performance.now();
    await expect(get(cache, image)).rejects.toMatchObject({
      retry: true,
      message: expect.stringContaining("still gives no answer"),
    });
    expect(performance.now() - askedAt).toBeLessThan(100);
  } finally {
    await release();
  }
  await expect(get(await openCache(), image)).resolves.toMatchObject({ digest: image.digest });
});

test("a store that is slow is not taken for one that hangs: what a glance gave up early keeps nobody from asking", async () => {
  const imageStore = new ImageStore("/nowhere", 5);
  const slow = () => new Promise<string>((resolve) => setTimeout(() => resolve("late"), 100));
  const glances = await Promise.allSettled([1, 2].map(() => imageStore.ask(slow, 0.02)));
  expect(glances.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await imageStore.ask(slow)).toBe("late");
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
