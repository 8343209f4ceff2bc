import { describe, expect, test } from "vitest";
import { failureOf, fleet } from "./world.ts";

describe("a fleet's read", () => {
  test("asks the queue once and the collector once", async () => {
    const world = await fleet();
    expect((await world.read()).members).toEqual(world.outputs.members);
    expect(world.commands()).toEqual(["condor_q", "condor_status"]);
  });

  test("shows members that died as missing, and says once which", async () => {
    const world = await fleet();
    world.condor.jobs.splice(1, 2);
    expect(Object.keys((await world.read()).members)).toEqual(["web-0"]);
    expect(world.warnings).toHaveLength(1);
    expect(world.warnings[0]).toMatch(/2 members of the fleet .* are gone.*\n {2}web-1 .*\n {2}web-2 /);
  });

  test("is never gone where a state has it", async () => {
    const world = await fleet();
    world.condor.jobs.length = 0;
    expect(await world.read()).toMatchObject({ members: {}, running: 0, ready: 0 });
  });

  test("finds a fleet that no state has, and says where there is none", async () => {
    const world = await fleet();
    expect(Object.keys((await world.read({})).members)).toHaveLength(3);
    world.condor.jobs.length = 0;
    expect((await failureOf(world.read({}))).message).toMatch(/There is no fleet/);
  });
});
