import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InstanceOutputs } from "../../../provider/instance/outputs.ts";
import { condor, queue } from "../pool/queue.ts";
import { makeStack, type TestStack } from "../pool/stack.ts";
import { forget, submitByHand, upFails } from "./by-hand.ts";

type Machine = InstanceOutputs & { id: string };

const MAC = "02:00:5e:00:53:01";
const profile = { memoryMiB: 128, vcpus: 1 };
let world: TestStack;

async function machine(): Promise<Machine> {
  return (await world.stack.outputs()).machines?.value.web;
}

describe("a machine that exists already", () => {
  let id = "";

  beforeAll(async () => {
    world = await makeStack("again");
    await world.declare({});
    await world.stack.up();
    await submitByHand((await world.stack.outputs()).images?.value.guest.reference);
    const [job] = await queue();
    id = String(job?.GlobalJobId);
    await world.declare({ web: { profile, adopt: id } });
    await world.stack.up();
    await forget(world);
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("is adopted where the configuration says so", async () => {
    await world.declare({ web: { profile } });
    await world.stack.setConfig("condor:adoptExisting", { value: "true" });
    const words = await upFails(world);
    // Its MAC address is not the resource's own.
    expect(words).toContain(`macAddress: the machine has "${MAC}"`);
    await world.declare({ web: { profile, macAddress: MAC } });
    await world.stack.up();
    await world.stack.removeConfig("condor:adoptExisting");
    expect(await machine()).toMatchObject({ id, state: "running" });
  });

  test("is replaced by a new one, whatever `adopt` still says", async () => {
    await forget(world);
    await world.declare({ web: { profile, adopt: id } });
    await world.stack.up();
    expect((await machine()).id).toBe(id);
    await world.declare({ web: { profile: { memoryMiB: 160, vcpus: 1 }, adopt: id } });
    await world.stack.up();
    expect((await machine()).id).not.toBe(id);
    expect(await queue()).toHaveLength(1);
  });

  test("and is gone is not adopted, and the error says what to do", async () => {
    const never = id.replace(/#\d+\.0#/, "#999999.0#");
    await world.declare({});
    await world.stack.up();
    await world.declare({ web: { profile, adopt: never } });
    expect(await upFails(world)).toMatch(/There is no living machine .*999999[\s\S]*Without the argument `adopt`/);
    expect(await condor("condor_q", "-allusers", "-constraint", "JobStatus =!= 4", "-af", "ClusterId")).toBe("");
  });
});
