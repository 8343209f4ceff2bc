import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addEmptyImage } from "../pool/images.ts";
import { queue } from "../pool/queue.ts";
import { record } from "../pool/results.ts";
import { CountedCommands } from "./counted.ts";
import { jobsOf } from "./jobs.ts";
import { type FleetStack, makeFleetStack } from "./stack.ts";

/** The aim for the `up` of a thousand queued members: fewer than this. */
const UP_COMMANDS = 12;

const profile = { memoryMiB: 64, vcpus: 1 };

/** A stack whose commands are counted. */
async function makeCounted(name: string): Promise<{ world: FleetStack; counted: CountedCommands }> {
  const world = await makeFleetStack(name);
  const counted = await CountedCommands.make(join(world.folder, "counted"));
  await world.stack.setConfig("condor:commands", { value: counted.folder });
  return { world, counted };
}

/** The calls since the last time, which go into the group's table by number. */
async function callsOf(counted: CountedCommands, what: string): Promise<string[]> {
  const calls = await counted.take();
  const kinds = calls.map((call) => call.split(" ")[0] ?? "");
  const numbers = [...new Set(kinds)].map((kind) => `${kinds.filter((each) => each === kind).length} ${kind}`);
  await record({ tried: what, happened: numbers.join(", ") || "none" });
  return calls;
}

const ofKind = (calls: readonly string[], kind: string) => calls.filter((call) => call.startsWith(`${kind} `));

describe("the commands of HTCondor that a fleet of 1,000 queued members takes", () => {
  const COUNT = 1000;
  let world: FleetStack;
  let counted: CountedCommands;
  beforeAll(async () => {
    ({ world, counted } = await makeCounted("thousand"));
    const { reference: image } = await addEmptyImage("thousand");
    const fleet = { image, profile, count: COUNT, requirements: "false", waitFor: "submitted" };
    await world.declare({ fleets: { many: fleet } });
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("its preview asks the pool for its nodes, whatever the number of members", async () => {
    expect((await world.stack.preview()).changeSummary).toEqual({ create: 2 });
    const calls = await callsOf(counted, "1,000 members: preview");
    expect(ofKind(calls, "condor_q")).toEqual([]);
    expect(calls.length, calls.join("\n")).toBeLessThan(5);
  });

  test(`its \`up\` takes fewer than ${UP_COMMANDS}`, async () => {
    await world.up();
    const calls = await callsOf(counted, "1,000 members: up");
    expect(calls.length, calls.join("\n")).toBeLessThan(UP_COMMANDS);
    expect(ofKind(calls, "condor_submit").length).toBeLessThan(3);
    expect((await jobsOf(world)).filter(({ acknowledged }) => acknowledged)).toHaveLength(COUNT);
    expect(Object.keys(await world.members("many"))).toHaveLength(COUNT);
  });

  test("a preview without a change asks no more than the first one did", async () => {
    expect((await world.stack.preview()).changeSummary).toEqual({ same: 2 });
    const calls = await callsOf(counted, "1,000 members: preview without a change");
    expect(calls.length, calls.join("\n")).toBeLessThan(5);
  });

  test("its refresh asks the queue once, and no node, for none has a member", async () => {
    await world.stack.refresh();
    const calls = await callsOf(counted, "1,000 members: refresh");
    expect(calls, calls.join("\n")).toHaveLength(1);
    expect(ofKind(calls, "condor_q")).toHaveLength(1);
    expect(Object.keys(await world.members("many"))).toHaveLength(COUNT);
  });

  test("its destruction takes one removal, and leaves nothing", async () => {
    await world.stack.destroy();
    const calls = await callsOf(counted, "1,000 members: destroy");
    expect(ofKind(calls, "condor_rm"), calls.join("\n")).toHaveLength(1);
    expect(await jobsOf(world)).toEqual([]);
    expect((await queue()).filter((job) => String(job.CloudName).startsWith("many-"))).toEqual([]);
  });
});

describe("the commands of HTCondor that a fleet takes whose members run", () => {
  let world: FleetStack;
  let counted: CountedCommands;
  beforeAll(async () => {
    ({ world, counted } = await makeCounted("counted"));
    const { reference: image } = await addEmptyImage("counted");
    await world.declare({ fleets: { few: { image, profile, count: 4, waitFor: "running" } } });
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("its `up` submits, hands over and asks for all members together", async () => {
    await world.up();
    const calls = await callsOf(counted, "4 running members: up");
    expect(ofKind(calls, "condor_submit"), calls.join("\n")).toHaveLength(1);
    expect(ofKind(calls, "condor_qedit"), calls.join("\n")).toHaveLength(1);
  });

  test("its refresh asks queue and nodes once each", async () => {
    await world.stack.refresh();
    const calls = await callsOf(counted, "4 running members: refresh");
    expect(calls.map((call) => call.split(" ")[0]).sort(), calls.join("\n")).toEqual(["condor_q", "condor_status"]);
  });

  test("another stack reads it by its id with as many, and its destruction leaves it alone", async () => {
    const id = (await world.recorded("few"))?.id ?? "";
    const before = await jobsOf(world);
    const other = await makeCounted("reads");
    try {
      await other.world.declare({ reads: { theirs: id } });
      await other.world.up();
      const calls = await callsOf(other.counted, "4 running members: read by another stack");
      expect(calls.map((call) => call.split(" ")[0]).sort(), calls.join("\n")).toEqual(["condor_q", "condor_status"]);
      const { others } = await other.world.stack.outputs();
      expect(others?.value).toMatchObject({ theirs: { count: 4, running: 4 } });
      const { members } = others?.value.theirs ?? {};
      expect(Object.values(members ?? {})).toMatchObject(before.map((job) => ({ id: job.id, state: "running" })));
    } finally {
      await other.world.dispose();
    }
    expect(await jobsOf(world)).toEqual(before);
  });

  test("one that is nobody's is said to be none, with the id", async () => {
    const id = (await world.recorded("few"))?.id.replace(/few$/, "none") ?? "";
    const other = await makeFleetStack("reads-none");
    try {
      await other.declare({ reads: { theirs: id } });
      const { failed, output } = await other.tryUp();
      expect(failed, output).toBe(true);
      expect(output).toContain(id);
    } finally {
      await other.dispose();
    }
  });
});
