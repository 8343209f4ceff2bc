import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addEmptyImage } from "../pool/images.ts";
import { eventually } from "../pool/wait.ts";
import { Running } from "./cli.ts";
import { idsOf, jobsOf } from "./jobs.ts";
import { type FleetStack, makeFleetStack } from "./stack.ts";

const COUNT = 4;

describe("Ctrl-C while a fleet is made", () => {
  let world: FleetStack;
  beforeAll(async () => {
    world = await makeFleetStack("interrupt");
    const { reference: image } = await addEmptyImage("interrupted");
    const profile = { memoryMiB: 64, vcpus: 1 };
    await world.declare({ fleets: { web: { image, profile, count: COUNT, waitFor: "running" } } });
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("ends the wait, records all members that exist, and the next `pulumi up` goes on with the same ones", async () => {
    const up = Running.start(world, "up");
    // Whatever is seen or not: a CLI that goes on would keep the stack's lock.
    await eventually(
      "the members' jobs to appear",
      () => jobsOf(world),
      (jobs) => jobs.length === COUNT,
    ).finally(() => up.interrupt());
    const { failed, output } = await up.ended();
    expect(failed, output).toBe(true);
    expect(output).toMatch(/Interrupted/);

    const jobs = await jobsOf(world);
    expect(jobs.map(({ acknowledged }) => acknowledged)).toEqual(jobs.map(() => true));
    const ids = await idsOf(world);
    const recorded = await world.recorded("web");
    expect(Object.entries(recorded?.outputs.members ?? {}).map(([name, { id }]) => [name, id])).toEqual(
      Object.entries(ids),
    );
    expect(recorded?.initErrors.join("\n")).toMatch(/Interrupted[\s\S]*pulumi up/);

    await world.up();
    expect(await idsOf(world)).toEqual(ids);
    expect((await world.recorded("web"))?.outputs).toMatchObject({ ready: COUNT, running: COUNT });
  });
});
