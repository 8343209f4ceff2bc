import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addEmptyImage, damage } from "../pool/images.ts";
import { record } from "../pool/results.ts";
import { CountedCommands } from "./counted.ts";
import { idsOf, jobsOf } from "./jobs.ts";
import { type Arguments, type FleetStack, makeFleetStack } from "./stack.ts";

/** So many of Pulumi's steps at a time: all of them. */
const PARALLEL = 200;

/** HTCondor's numbers for a job that waits and for one that is held. */
const IDLE = 1;
const HELD = 5;

const profile = { memoryMiB: 64, vcpus: 1 };

/** So many machines that no node takes. */
function queueing(count: number, image: string): Record<string, Arguments> {
  const machine = { image, profile, requirements: "false", waitFor: "submitted" };
  return Object.fromEntries(Array.from({ length: count }, (_, number) => [`m${number}`, machine]));
}

/** How many calls of which commands. */
function numbersOf(calls: readonly string[]): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const call of calls) {
    const [command = ""] = call.split(" ");
    numbers[command] = (numbers[command] ?? 0) + 1;
  }
  return numbers;
}

describe("200 single machines that queue", () => {
  const COUNT = 200;
  let world: FleetStack;
  let counted: CountedCommands;

  beforeAll(async () => {
    world = await makeFleetStack("singles");
    counted = await CountedCommands.make(join(world.folder, "counted"));
    await world.stack.setConfig("condor:commands", { value: counted.folder });
    const { reference } = await addEmptyImage("singles");
    await world.declare({ machines: queueing(COUNT, reference) });
  });
  afterAll(async () => {
    await world.dispose();
  });

  /** How many calls of which commands there were since the last time; they go into the group's table. */
  async function take(what: string): Promise<Record<string, number>> {
    const numbers = numbersOf(await counted.take());
    const happened = Object.entries(numbers).map(([command, number]) => `${number} ${command}`);
    await record({ tried: `200 queued machines: ${what}`, happened: happened.join(", ") });
    return numbers;
  }

  /**
   * Pulumi hands machines over one after the other, so how many share a command is a matter of how quick it is: measured,
   * 33 to 110 commands for an `up`, 19 to 52 for a destroy. Each machine by itself would take five or more.
   */
  function expectShared(numbers: Record<string, number>): void {
    const all = Object.values(numbers).reduce((sum, number) => sum + number, 0);
    expect(all, JSON.stringify(numbers)).toBeLessThan(2 * COUNT);
    expect(Math.max(numbers.condor_submit ?? 0, numbers.condor_rm ?? 0), JSON.stringify(numbers)).toBeLessThan(
      COUNT / 2,
    );
  }

  test("come into the queue by commands that they share", async () => {
    await world.stack.up({ parallel: PARALLEL });
    expectShared(await take("up"));
    const jobs = await jobsOf(world);
    expect(jobs).toHaveLength(COUNT);
    expect(jobs.filter(({ status, acknowledged }) => status !== IDLE || !acknowledged)).toEqual([]);
    expect(Object.keys(await idsOf(world))).toHaveLength(COUNT);
  });

  test("are refreshed by one query, a few of Pulumi's steps at a time", async () => {
    await world.stack.refresh();
    expect(await take("refresh")).toEqual({ condor_q: 1 });
  });

  test("leave the queue by commands that they share", async () => {
    await world.stack.destroy({ parallel: PARALLEL });
    expectShared(await take("destroy"));
    expect(await jobsOf(world)).toEqual([]);
  });
});

describe("one machine of 50 whose image is wrong", () => {
  let world: FleetStack;
  beforeAll(async () => {
    world = await makeFleetStack("wrong");
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("fails alone, with the node's reason; the others are in the queue and recorded", async () => {
    const good = await addEmptyImage("good");
    const bad = await addEmptyImage("bad");
    const found = await damage(bad);
    const wrong = { image: bad.reference, profile, waitFor: "running" };
    await world.declare({ machines: { ...queueing(49, good.reference), wrong } });

    // Once one has failed, Pulumi starts no others, unless it is told to.
    const { failed, output } = await world.tryUp({ parallel: PARALLEL, continueOnError: true });
    expect(failed, output).toBe(true);
    expect(output).toContain(found);
    const jobs = await jobsOf(world);
    expect(jobs.map(({ name, status }) => ({ name, status }))).toEqual(
      [...Array.from({ length: 49 }, (_, number) => `m${number}`), "wrong"]
        .sort((one, other) => one.localeCompare(other))
        .map((name) => ({ name, status: name === "wrong" ? HELD : IDLE })),
    );
    expect(jobs.filter(({ acknowledged }) => !acknowledged)).toEqual([]);
    const { deployment } = await world.stack.exportStack();
    const resources: { urn: string; id?: string }[] = deployment.resources;
    const recorded = resources.filter(({ urn }) => urn.includes("condor:Instance::")).map(({ id }) => id);
    expect(new Set(recorded)).toEqual(new Set(jobs.map(({ id }) => id)));
    await record({ tried: "50 machines, the image of one of them damaged", happened: "it fails alone, 49 queue" });
  });
});
