import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { addNewImage, damage, type TestImage } from "../pool/images.ts";
import { withLogsOf } from "../pool/logs.ts";
import { look, running, started, TestMachines } from "../pool/machines.ts";
import { cachedImagesOn, executeNode } from "../pool/nodes.ts";
import { record } from "../pool/results.ts";
import { eventually } from "../pool/wait.ts";
import { bytesReadByAgentOf, reconfigure, whole } from "./node.ts";

const BYTES_PER_MIB = 1024 ** 2;
const MIB_PER_GIB = 1024;

let node: Machine;
let other: Machine;
beforeAll(async () => {
  node = await executeNode(1);
  other = await executeNode(2);
});

/** The machines of the test that runs now. */
const machines = new TestMachines();
afterEach(() => machines.endAll());

/** Waits until a node has the image of a digest whole. */
async function cached(on: Machine, { digest }: TestImage): Promise<void> {
  await eventually(
    `image ${digest.slice(0, 12)} in the cache of ${on.name}`,
    () => cachedImagesOn(on),
    (names) => names.includes(digest),
  );
}

describe("the copying of an image", () => {
  test("eight machines of one new image start at once on one node, and the image is copied once", async () => {
    const image = await addNewImage("shared", 200);
    const before = await bytesReadByAgentOf(node);
    const startedAt = Date.now();
    const eight = await machines.submit(image, { count: 8, only: node });
    await withLogsOf(node, () => Promise.all(eight.map((machine) => started(machine, 300))));
    const seconds = (Date.now() - startedAt) / 1000;
    const readMiB = Math.round(((await bytesReadByAgentOf(node)) - before) / BYTES_PER_MIB);
    expect(readMiB).toBeGreaterThanOrEqual(image.sizeMiB);
    expect(readMiB, "MiB that the agent read").toBeLessThan(2 * image.sizeMiB);
    await record({
      tried: `eight machines of one new image of ${image.sizeMiB} MiB at once`,
      happened: `all run; the agent read ${readMiB} MiB`,
      secondsToConverge: seconds,
    });
  });

  test("an image whose bytes were altered in the store is refused, and the reason names both digests", async () => {
    const image = await addNewImage("altered", 8);
    const found = await damage(image);
    const startedAt = Date.now();
    const machine = await machines.submitOne(image, { only: node });
    const seen = await withLogsOf(node, () =>
      eventually(
        "the job to be held",
        () => look(machine),
        (now) => now !== "gone" && now.state === "held",
      ),
    );
    const reason = seen === "gone" ? "" : seen.message;
    const seconds = (Date.now() - startedAt) / 1000;
    expect(reason).toContain(image.digest);
    expect(reason).toContain(found);
    expect((await cachedImagesOn(node)).filter((name) => name.startsWith(image.digest))).toEqual([]);
    await whole(node, 0);
    await record({
      tried: "image altered in the store",
      happened: "the job is held, the reason names both digests",
      secondsToConverge: seconds,
    });
  });
});

describe("a cache of 200 MiB with an image of 64 MiB in use", () => {
  let inUse: TestImage;
  const users = new TestMachines();
  let takeBack: () => Promise<void>;

  beforeAll(async () => {
    takeBack = await reconfigure(node, { cacheLimitGiB: 200 / MIB_PER_GIB });
    inUse = await addNewImage("in-use", 64);
    const user = await users.submitOne(inUse, { only: node });
    await withLogsOf(node, () => running(user));
  });
  afterAll(async () => {
    await users.endAll();
    await takeBack?.();
  });

  test("evicts the image that was not used for longest, and never the one in use, however old", async () => {
    const older = await addNewImage("older", 64);
    const newer = await addNewImage("newer", 64);
    const third = await addNewImage("third", 64);
    await machines.submitOne(older, { only: node });
    await withLogsOf(node, () => cached(node, older));
    await machines.submitOne(newer, { only: node });
    await withLogsOf(node, () => cached(node, newer));
    await machines.endAll();
    await withLogsOf(node, () => whole(node, 0)); // until then their folders use the images
    const startedAt = Date.now();
    const machine = await machines.submitOne(third, { only: node });
    await withLogsOf(node, () => running(machine));
    const seconds = (Date.now() - startedAt) / 1000;
    const left = await cachedImagesOn(node);
    expect(left).toEqual(expect.arrayContaining([inUse.digest, newer.digest, third.digest]));
    expect(left).not.toContain(older.digest);
    await record({
      tried: "a third image for a cache that has room for two and the one in use",
      happened: "the machine runs; the least recently used image is evicted",
      secondsToConverge: seconds,
    });
  });

  test("sends a machine whose image finds no room to another node, and stays ready itself", async () => {
    const image = await addNewImage("too-large", 160);
    const startedAt = Date.now();
    const machine = await machines.submitOne(image, { first: node });
    const { host } = await withLogsOf(node, () => running(machine));
    const seconds = (Date.now() - startedAt) / 1000;
    expect(host).toBe(other.host);
    expect((await cachedImagesOn(node)).filter((name) => name.startsWith(image.digest))).toEqual([]);
    await whole(node, 0);
    await record({
      tried: `image of ${image.sizeMiB} MiB in a cache of 200 with 64 in use`,
      happened: `the machine runs on ${other.name}, although ${node.name} comes first`,
      secondsToConverge: seconds,
    });
  });
});
