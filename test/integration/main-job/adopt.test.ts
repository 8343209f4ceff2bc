import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InstanceOutputs } from "../../../provider/instance/outputs.ts";
import { condor, queue } from "../pool/queue.ts";
import { makeStack, type TestStack } from "../pool/stack.ts";
import { eventually } from "../pool/wait.ts";
import { forget, submitByHand, upFails } from "./by-hand.ts";

type Machine = InstanceOutputs & { id: string };

const MAC = "02:00:5e:00:53:01";
const profile = { memoryMiB: 128, vcpus: 1 };
let world: TestStack;

async function machine(): Promise<Machine> {
  return (await world.stack.outputs()).machines?.value.web;
}

describe("a machine that exists already", () => {
  beforeAll(async () => {
    world = await makeStack("adopt");
    await world.declare({});
    await world.stack.up();
  });
  afterAll(async () => {
    // No state has it in the end, and it uses the stack's image.
    await condor("condor_rm", "-constraint", `GlobalJobId == "${id}"`);
    await eventually("the machine to leave the queue", queue, (jobs) => jobs.length === 0);
    await world.dispose();
  });

  let id = "";

  test("submitted by hand as the documentation says, is adopted with the MAC address that it has", async () => {
    const image: string = (await world.stack.outputs()).images?.value.guest.reference;
    await submitByHand(image);
    const [job] = await queue();
    id = String(job?.GlobalJobId);
    await world.declare({ web: { profile, labels: { role: "web" }, lease: "1h", adopt: id } });
    await world.stack.up();
    expect(await machine()).toMatchObject({ id, state: "running", macAddress: MAC, ready: true });
    expect((await world.stack.up()).summary.resourceChanges).toEqual({ same: 3 });
    expect(await queue()).toHaveLength(1);
  });

  test("is looked up by label, with the images and the nodes of the pool", async () => {
    await world.stack.setConfig("main-job:labels", { value: JSON.stringify({ role: "web" }) });
    await world.stack.up();
    const found = (await world.stack.outputs()).found?.value;
    await world.stack.removeConfig("main-job:labels");
    expect(found.instances).toMatchObject([{ id, name: "web", state: "running", labels: { role: "web" } }]);
    expect(found.images).toMatchObject([{ name: "guest", format: "qcow2" }]);
    expect(found.nodes).toMatchObject([{ host: expect.stringContaining("exec1"), acceleration: "qemu" }]);
    expect(found.nodes[0].totalMemoryMiB).toBeGreaterThan(found.nodes[0].freeMemoryMiB);
  });

  test("and is of another stack is read by its id, and left alone", async () => {
    const other = await makeStack("reader");
    try {
      await other.declare({}, {});
      await other.stack.setConfig("main-job:others", { value: JSON.stringify({ theirs: id }) });
      await other.stack.up();
      expect((await other.stack.outputs()).others?.value.theirs).toMatchObject({
        ...{ id, name: "web", state: "running", macAddress: MAC, labels: { role: "web" } },
        profile: { name: "custom", ...profile },
      });
      const gone = id.replace(/#\d+$/, "#1");
      await other.stack.setConfig("main-job:others", { value: JSON.stringify({ gone }) });
      await expect(other.stack.preview()).rejects.toThrow(/There is no machine .*#1"/);
      await other.stack.setConfig("main-job:others", { value: JSON.stringify({ none: "" }) });
      await expect(other.stack.preview()).rejects.toThrow(/Expected an ID for/);
      await other.stack.removeConfig("main-job:others");
    } finally {
      await other.dispose();
    }
    expect(await queue()).toHaveLength(1);
  });

  test("and is in no state is neither doubled nor taken: the error names it and both ways on", async () => {
    await forget(world);
    await world.declare({ web: { profile } });
    const words = await upFails(world);
    expect(words).toContain(`adopt: "${id}"`);
    expect(words).toMatch(/pulumi config set condor:adoptExisting true[\s\S]*condor_rm/);
    expect(await queue()).toHaveLength(1);
  });

  test("and is not what is declared is left alone, and each difference is named", async () => {
    await world.declare({ web: { profile: { memoryMiB: 256, vcpus: 1 }, name: "other", adopt: id } });
    const words = await upFails(world);
    expect(words).toContain('name: the machine has "web", declared is "other"');
    expect(words).toContain("profile.memoryMiB: the machine has 128, declared is 256");
  });
});
