import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { guestAnswer } from "../pool/guest-answer.ts";
import { condor } from "../pool/queue.ts";
import { eventually } from "../pool/wait.ts";
import { idsOf, jobsOf } from "./jobs.ts";
import { type FleetStack, makeFleetStack } from "./stack.ts";

const profile = { memoryMiB: 96, vcpus: 1 };

/** The ids of a fleet's members, as the state has them. */
async function recordedIds(world: FleetStack): Promise<Record<string, string>> {
  return Object.fromEntries(Object.entries(await world.members("web")).map(([name, { id }]) => [name, id]));
}

describe("a fleet whose count changes", () => {
  let world: FleetStack;
  beforeAll(async () => {
    world = await makeFleetStack("scale");
  });
  afterAll(async () => {
    await world.dispose();
  });

  const declare = (count: number, more = {}) =>
    world.declare({ fleets: { web: { image: inject("smallImage"), profile, count, ...more } } });

  let two: Record<string, string>;
  let six: Record<string, string>;

  test("begins as machines that answer at the addresses it gives back", async () => {
    await declare(2);
    await world.up();
    two = await recordedIds(world);
    expect(Object.keys(two)).toEqual(["web-0", "web-1"]);
    const outputs = (await world.stack.outputs()).fleets?.value.web;
    expect(outputs).toMatchObject({ running: 2, ready: 2 });
    const addresses: string[] = Object.values(outputs.addresses);
    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses) expect(await guestAnswer(address, "/id")).toContain(address);
  });

  test("changes nothing when nothing changed", async () => {
    const { summary } = await world.stack.up();
    expect(summary.resourceChanges).toEqual({ same: 2 });
    expect(await idsOf(world)).toEqual(two);
  });

  test("grows from 2 to 6 in place: four more in one submission, the two as they were", async () => {
    await declare(6);
    const { summary } = await world.stack.up();
    expect(summary.resourceChanges).toEqual({ same: 1, update: 1 });
    six = await recordedIds(world);
    expect(Object.keys(six)).toEqual(["web-0", "web-1", "web-2", "web-3", "web-4", "web-5"]);
    expect(six).toMatchObject(two);
    expect(await idsOf(world)).toEqual(six);
    const jobs = await jobsOf(world);
    expect(new Set(jobs.slice(2).map(({ clusterId }) => clusterId)).size).toBe(1);
    expect(jobs.map(({ starts, acknowledged }) => ({ starts, acknowledged }))).toEqual(
      jobs.map(() => ({ starts: 1, acknowledged: true })),
    );
  });

  test("shrinks from 6 to 3: the one that the program names goes first, then the newest; the others as they were", async () => {
    await declare(3, { removeFirst: ["web-0"] });
    const before = await jobsOf(world);
    const { summary } = await world.stack.up();
    expect(summary.resourceChanges).toEqual({ same: 1, update: 1 });
    const kept = { "web-1": six["web-1"], "web-2": six["web-2"], "web-3": six["web-3"] };
    expect(await recordedIds(world)).toEqual(kept);
    const after = await jobsOf(world);
    expect(after).toEqual(before.filter(({ name }) => name in kept));
  });

  test("takes the lowest free names when it grows again, with the MAC addresses that these had", async () => {
    const before = await jobsOf(world);
    await declare(4);
    await world.up();
    const after = await jobsOf(world);
    expect(after.map(({ name }) => name)).toEqual(["web-0", "web-1", "web-2", "web-3"]);
    expect(after.slice(1)).toEqual(before);
    expect(new Set(after.map(({ macAddress }) => macAddress)).size).toBe(4);
    expect(after[0]?.id).not.toBe(two["web-0"]);
  });

  test("keeps what lives when members died: a refresh shows those as gone, and `up` makes exactly those anew", async () => {
    const before = await jobsOf(world);
    const [alive, first, second, third] = before;
    const members = await world.members("web");
    const address = members["web-3"]?.ipAddress ?? "";
    await condor("condor_rm", `${first?.jobId}`, `${second?.jobId}`);
    expect(await guestAnswer(address, "/cgi-bin/poweroff")).toContain("poweroff");
    await eventually(
      "three members to have left the queue",
      () => jobsOf(world),
      (jobs) => jobs.length === 1,
      150,
    );

    let said = "";
    await world.stack.refresh({
      onOutput: (text) => {
        said += text;
      },
    });
    expect(said).toMatch(/warning:[\s\S]*web-1[\s\S]*web-2[\s\S]*web-3/);
    expect(await recordedIds(world)).toEqual({ "web-0": alive?.id });
    expect((await world.stack.preview()).changeSummary).toEqual({ same: 1, update: 1 });

    await world.up();
    const after = await jobsOf(world);
    expect(after.map(({ name, macAddress }) => ({ name, macAddress }))).toEqual(
      before.map(({ name, macAddress }) => ({ name, macAddress })),
    );
    expect(after[0]).toEqual(alive);
    const old = new Set([first, second, third].map((job) => job?.id));
    expect(after.filter(({ id }) => old.has(id))).toEqual([]);
    expect(await recordedIds(world)).toEqual(await idsOf(world));
  });

  test("leaves nothing behind when it is destroyed", async () => {
    await world.stack.destroy();
    expect(await jobsOf(world)).toEqual([]);
  });
});
