import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { addNewImage, type TestImage } from "../pool/images.ts";
import { idsOf, jobsOf, type StackJob } from "./jobs.ts";
import { type FleetStack, makeFleetStack } from "./stack.ts";

const COUNT = 3;
const profile = { memoryMiB: 96, vcpus: 1 };

/** A guest under emulation has its address long before that. */
const TIMEOUT_SECONDS = 120;

/** The DHCP server of the network `lan` gives this one no address. */
const UNKNOWN_TO_DHCP = { network: "lan", macAddress: "02:00:00:00:f1:02" };

/** How often the queue is looked at while a fleet rolls, in milliseconds. */
const LOOK_MILLISECONDS = 500;

let world: FleetStack;
let second: TestImage;
beforeAll(async () => {
  world = await makeFleetStack("surge");
  second = await addNewImage("surge-second");
});
afterAll(async () => {
  await world.dispose();
});

const declare = (image: string, change: Record<string, unknown> = {}) =>
  world.declare({ fleets: { web: { image, profile, count: COUNT, timeoutSeconds: TIMEOUT_SECONDS, ...change } } });

/** Looks at the queue again and again while something happens. */
async function watch(work: () => Promise<unknown>): Promise<StackJob[][]> {
  const looks: StackJob[][] = [];
  let isOver = false;
  const working = work().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    looks.push(await jobsOf(world));
    await sleep(LOOK_MILLISECONDS);
  }
  await working;
  return looks;
}

test("a roll that stopped goes on when the cause is gone: who is new stays, the failed one and the others are replaced", async () => {
  await declare(inject("smallImage"));
  await world.up();
  const first = await idsOf(world);
  await declare(second.reference, { overrides: { "web-1": UNKNOWN_TO_DHCP } });
  const { failed, output } = await world.tryUp();
  expect(failed, output).toBe(true);
  const stopped = await idsOf(world);
  expect(stopped["web-0"]).not.toBe(first["web-0"]);
  expect(stopped["web-2"]).toBe(first["web-2"]);

  await declare(second.reference);
  await world.up();
  const done = await idsOf(world);
  expect(Object.keys(done)).toEqual(["web-0", "web-1", "web-2"]);
  expect(done["web-0"]).toBe(stopped["web-0"]);
  expect(done["web-1"]).not.toBe(stopped["web-1"]);
  expect(done["web-2"]).not.toBe(stopped["web-2"]);
  expect((await jobsOf(world)).map(({ image }) => image)).toEqual(Array(COUNT).fill(second.reference));
  expect((await world.recorded("web"))?.outputs).toMatchObject({ ready: COUNT, running: COUNT });
});

test("a roll with maxSurge and without maxUnavailable lends one more member, and never has fewer than all", async () => {
  await declare(inject("smallImage"), { updateStrategy: { maxUnavailable: 0, maxSurge: 1 } });
  const looks = await watch(() => world.up());
  const counts = looks.map((jobs) => jobs.length);
  expect(Math.max(...counts), JSON.stringify(counts)).toBe(COUNT + 1);
  expect(Math.min(...counts), JSON.stringify(counts)).toBe(COUNT);
  expect(new Set(looks.flat().map(({ name }) => name))).toEqual(new Set(["web-0", "web-1", "web-2", "web-3"]));

  const jobs = await jobsOf(world);
  expect(jobs.map(({ name, image }) => ({ name, image }))).toEqual(
    ["web-0", "web-1", "web-2"].map((name) => ({ name, image: inject("smallImage") })),
  );
  const recorded = await world.recorded("web");
  expect(Object.keys(recorded?.outputs.members ?? {})).toEqual(["web-0", "web-1", "web-2"]);
  expect(recorded?.outputs).toMatchObject({ ready: COUNT, running: COUNT });
  expect((await world.stack.preview()).changeSummary).toEqual({ same: 2 });
});
