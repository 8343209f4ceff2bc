import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { totalMemoryMiB } from "../main-job/previews.ts";
import { addEmptyImage } from "../pool/images.ts";
import { eventually } from "../pool/wait.ts";
import { idsOf, jobsOf } from "./jobs.ts";
import { type FleetStack, makeFleetStack } from "./stack.ts";

/** So many of the fleet's members each of the two nodes can hold. */
const EACH_HOLDS = 3;
const ROOM = 2 * EACH_HOLDS;

/** HTCondor gives memory in steps of so much (MODIFY_REQUEST_EXPR_REQUESTMEMORY). */
const STEP_MIB = 128;

/** HTCondor's numbers for a job that waits and one that runs. */
const IDLE = 1;
const RUNNING = 2;

let world: FleetStack;
let image: string;
let memoryMiB: number;

/** Declares a fleet, and beside it single machines of the same size. */
function declare(count: number, more: object = {}, machines: readonly string[] = []): Promise<void> {
  const size = { image, profile: { memoryMiB, vcpus: 1 }, waitFor: "running" };
  return world.declare({
    fleets: { many: { ...size, count, maxQueueSeconds: 2, ...more } },
    machines: Object.fromEntries(machines.map((name) => [name, size])),
  });
}

async function numbered(status: number): Promise<number> {
  return (await jobsOf(world)).filter((job) => job.status === status && job.name.startsWith("many-")).length;
}

describe("a fleet larger than the pool", () => {
  beforeAll(async () => {
    world = await makeFleetStack("too-large");
    image = (await addEmptyImage("large")).reference;
    memoryMiB = Math.floor((await totalMemoryMiB()) / EACH_HOLDS / STEP_MIB) * STEP_MIB;
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("comes up with as many as must be ready, and a warning that says how many queue and why", async () => {
    await declare(ROOM + 2, { minReady: EACH_HOLDS });
    const output = await world.up();
    expect(output).toMatch(/warning:[\s\S]*2 [\s\S]*queue/);
    expect(output).toMatch(/memory|no node has room/i);
    expect((await world.recorded("many"))?.outputs).toMatchObject({ running: ROOM, ready: ROOM });
    const members = Object.values(await world.members("many"));
    expect(members.filter(({ state, ready }) => state === "queued" && !ready)).toHaveLength(2);
  });

  test("is finished for the next `up`, which changes nothing", async () => {
    const before = await idsOf(world);
    const { summary } = await world.stack.up();
    expect(summary.resourceChanges).toEqual({ same: 2 });
    expect(await idsOf(world)).toEqual(before);
  });

  test("fails where all its members must be ready, and says what stands in the way; what runs, runs on", async () => {
    const before = await idsOf(world);
    await declare(ROOM + 2, { timeoutSeconds: 30 });
    const { failed, output } = await world.tryUp();
    expect(failed, output).toBe(true);
    expect(output).toMatch(/2 of the 8 members of the fleet many failed/);
    expect(output).toMatch(/memory/i);
    expect(output).toMatch(/pulumi up/);
    expect(await idsOf(world)).toEqual(before);
    expect(await numbered(RUNNING)).toBe(ROOM);
  });

  test("loses those in the queue first when it shrinks, and is whole then", async () => {
    const running = (await jobsOf(world)).filter(({ status }) => status !== IDLE);
    await declare(ROOM);
    await world.up();
    expect(await jobsOf(world)).toEqual(running);
    expect((await world.recorded("many"))?.outputs).toMatchObject({ running: ROOM, ready: ROOM });
  });

  test("grows into the room that comes: a refresh tells, and the next `up` is quiet", async () => {
    await declare(ROOM - 1);
    await world.up();
    await declare(ROOM - 1, {}, ["other"]);
    await world.up();
    await declare(ROOM, { minReady: 1 }, ["other"]);
    expect(await world.up()).toMatch(/warning:/);
    await declare(ROOM, { minReady: 1 });
    await world.up();
    await eventually(
      "the last member to run",
      () => numbered(RUNNING),
      (count) => count === ROOM,
      150,
    );
    await eventually(
      "its node to say so",
      async () => {
        await world.stack.refresh();
        return (await world.recorded("many"))?.outputs.ready;
      },
      (ready) => ready === ROOM,
    );
    const { summary } = await world.stack.up();
    expect(summary.resourceChanges).toEqual({ same: 2 });
  });
});
