import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Gate, Gates } from "../faults/gates.ts";
import { addEmptyImage, type TestImage } from "../pool/images.ts";
import { allDomains } from "../pool/nodes.ts";
import { eventually } from "../pool/wait.ts";
import { pulumi, Running } from "./cli.ts";
import { idsOf, jobsOf, type StackJob } from "./jobs.ts";
import { type FleetStack, makeFleetStack, type Said } from "./stack.ts";

/**
 * How often a user runs `pulumi up` again before it counts as one that does not converge: once for a lock that stayed,
 * and once to succeed.
 */
const RERUNS_MAX = 2;

const profile = { memoryMiB: 64, vcpus: 1 };

/** Who is killed, and where in an update of a fleet. */
interface Case {
  readonly name: string;
  readonly whom: "engine" | "provider";
  readonly gate: Gate;
}

let first: TestImage;
let second: TestImage;

/** A stack whose fleet's `up` stops at gates. */
async function makeGated(name: string): Promise<{ world: FleetStack; gates: Gates }> {
  const world = await makeFleetStack(name);
  const folder = join(world.folder, "gated");
  await mkdir(folder);
  const gates = await Gates.make(folder);
  await world.stack.setConfig("condor:commands", { value: gates.commands });
  return { world, gates };
}

/** Declares the fleet. It is ready as soon as it runs: what its guests do is not what is tried here. */
function declare(world: FleetStack, count: number, image: TestImage): Promise<void> {
  const fleet = { image: image.reference, profile, count, waitFor: "running" };
  return world.declare({ fleets: { web: fleet } });
}

/** Where an `up` stops first, and what is done while it stands there. */
interface Stop {
  readonly at: Gate;
  readonly look: () => Promise<void>;
}

/**
 * Brings an `up` to a gate, kills there, and does what a user would: runs `up` until it succeeds.
 *
 * @param stop - where the `up` passes before that gate is closed
 */
async function strike(world: FleetStack, gates: Gates, { whom, gate }: Case, stop?: Stop): Promise<void> {
  if (stop !== undefined) await gates.close(stop.at);
  const up = Running.start(world, "up");
  try {
    if (stop !== undefined) {
      await gates.reached(stop.at);
      await stop.look();
    }
    await gates.close(gate);
    if (stop !== undefined) await gates.open(stop.at);
    await gates.reached(gate);
    await up.kill(whom);
  } finally {
    await gates.openAll();
  }
  const { failed, output } = await up.ended();
  expect(failed, output).toBe(true);
  await rerun(world);
  await up.clear();
}

async function rerun(world: FleetStack): Promise<void> {
  const said: Said[] = [];
  for (let reruns = 1; reruns <= RERUNS_MAX; reruns++) {
    const result = await pulumi(world, "up");
    if (!result.failed) return;
    said.push(result);
    // The lock of a CLI that was killed stays; Pulumi's own message says to do this.
    if (/currently locked/.test(result.output)) await world.stack.cancel();
  }
  throw new Error(said.map(({ output }) => output).join("\n----\n"));
}

/** All members are there once, the state has each, each has one machine, and nobody else has any. */
async function judge(world: FleetStack, names: readonly string[], image: TestImage): Promise<StackJob[]> {
  const jobs = await jobsOf(world);
  expect(jobs.map(({ name }) => name)).toEqual(names);
  expect(jobs.filter(({ acknowledged }) => !acknowledged)).toEqual([]);
  expect(new Set(jobs.map((job) => job.image))).toEqual(new Set([image.reference]));
  const recorded = await world.recorded("web");
  const members = Object.entries(recorded?.outputs.members ?? {});
  expect(Object.fromEntries(members.map(([name, { id }]) => [name, id]))).toEqual(await idsOf(world));
  expect(recorded?.outputs).toMatchObject({ ready: names.length, running: names.length });
  const ours = async () => {
    const domains = await allDomains();
    return jobs.map(({ jobId }) => domains.filter((domain) => domain.endsWith(`_${jobId}`)).length);
  };
  await eventually("each member to have one domain", ours, (counts) => counts.every((count) => count === 1));
  return jobs;
}

describe("whoever dies at whatever moment of a fleet's update, a rerun makes what is declared and nothing else:", () => {
  beforeAll(async () => {
    [first, second] = [await addEmptyImage("killed-first"), await addEmptyImage("killed-second")];
  });

  const scaling: Case[] = [
    { name: "the engine, between submission and answer", whom: "engine", gate: "after-condor_submit" },
    { name: "the provider, before the acknowledgement", whom: "provider", gate: "before-condor_qedit" },
  ];
  test.concurrent.each(scaling)("in the middle of a scale-up, $name", async (one) => {
    const { world, gates } = await makeGated(`scaled-${one.whom}`);
    try {
      await declare(world, 1, first);
      await world.up();
      const [before] = await jobsOf(world);
      await declare(world, 3, first);
      await strike(world, gates, one);
      const [after] = await judge(world, ["web-0", "web-1", "web-2"], first);
      expect(after).toEqual(before);
    } finally {
      await gates.openAll();
      await world.dispose();
    }
    expect(await jobsOf(world)).toEqual([]);
  });

  const rolling: Case[] = [
    { name: "the engine, when a member is removed and not made anew yet", whom: "engine", gate: "after-condor_rm" },
    { name: "the provider, when it is made anew and not handed over", whom: "provider", gate: "before-condor_qedit" },
  ];
  test.concurrent.each(rolling)("in the middle of a roll, $name", async (one) => {
    const { world, gates } = await makeGated(`rolled-${one.whom}`);
    try {
      await declare(world, 3, first);
      await world.up();
      const before = await jobsOf(world);
      await declare(world, 3, second);
      let renewed: StackJob | undefined;
      // The first wave's member is handed over, the second wave has not begun.
      const look = async () => {
        renewed = (await jobsOf(world)).find((job) => job.image === second.reference);
        expect(renewed).toMatchObject({ acknowledged: true });
      };
      await strike(world, gates, one, { at: "after-condor_qedit", look });
      const after = await judge(world, ["web-0", "web-1", "web-2"], second);
      // What was done before the death is not done again.
      expect(after.find(({ name }) => name === renewed?.name)).toEqual(renewed);
      const old = new Set(before.map(({ id }) => id));
      expect(after.filter(({ id }) => old.has(id))).toEqual([]);
    } finally {
      await gates.openAll();
      await world.dispose();
    }
    expect(await jobsOf(world)).toEqual([]);
  });
});
