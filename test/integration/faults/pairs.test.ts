import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allDomains } from "../pool/nodes.ts";
import { Trial } from "./trial.ts";
import { makeWorld, type World } from "./world.ts";

const UP = ["up", "--yes", "--skip-preview"] as const;

let world: World;
let one: Trial;
let other: Trial;

/** The machine of a stack: the only job of its key, which its state has, and whose domain runs. */
async function machineOf(trial: Trial): Promise<string> {
  const jobs = await trial.jobs();
  expect(jobs).toHaveLength(1);
  expect(jobs[0]).toMatchObject({ acknowledged: true, status: 2, id: await trial.recordedId() });
  const { jobId } = jobs[0] ?? { jobId: "" };
  const domains = await allDomains();
  expect(domains.filter((name) => name.endsWith(`_${jobId}`))).toHaveLength(1);
  return jobId;
}

describe("two who work on one pool at the same time", () => {
  beforeAll(async () => {
    world = await makeWorld();
    const { folder, image } = world;
    [one, other] = await Promise.all([
      Trial.make("one", folder, image.reference),
      Trial.make("other", folder, image.reference),
    ]);
  });
  afterAll(async () => {
    await Promise.all([one, other].map((trial) => trial.run("destroy", "--yes", "--skip-preview")));
    await world.dispose();
  });

  test("two stacks of the same program have a machine each", async () => {
    const ups = await Promise.all([one, other].map((trial) => trial.run(...UP)));
    for (const { exitCode, output } of ups) expect(exitCode, output).toBe(0);
    expect(await machineOf(one)).not.toBe(await machineOf(other));
  });

  test("whoever comes second to a stack is told that it is locked, and the first one's run is not disturbed", async () => {
    const machine = await machineOf(one);
    one.relabel("second");
    await one.gates.close("before-condor_qedit");
    one.start("up");
    try {
      await one.gates.reached("before-condor_qedit");
      const second = await one.run(...UP);
      expect(second.exitCode).not.toBe(0);
      expect(second.output).toMatch(/currently locked by 1 lock/);
    } finally {
      await one.gates.openAll();
    }
    const first = await one.ended();
    expect(first.exitCode, first.output).toBe(0);
    expect(await machineOf(one)).toBe(machine);
  });

  test("a stack of the same name in another backend, which knows no lock, is refused the machine and told whose", async () => {
    const machine = await machineOf(one);
    const backend = join(world.folder, "another-backend");
    await mkdir(backend, { recursive: true });
    const own = { PULUMI_BACKEND_URL: `file://${backend}` };
    const stranger = await Trial.make("one", world.folder, world.image.reference, own);
    const up = await stranger.run(...UP);
    expect(up.exitCode, up.output).not.toBe(0);
    expect(up.output).toContain(`${await one.recordedId()}`);
    expect(up.output).toMatch(/adopt/);
    expect(await stranger.recordedId()).toBeUndefined();
    expect(await machineOf(one)).toBe(machine);
  });
});
