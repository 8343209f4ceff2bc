import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { look, TestMachines } from "../pool/machines.ts";
import { theSandbox } from "../pool/nodes.ts";
import { condor } from "../pool/queue.ts";
import { eventually } from "../pool/wait.ts";
import { Trial } from "./trial.ts";
import { makeWorld, type World } from "./world.ts";

const YES = ["--yes", "--skip-preview"] as const;

const strangers = new TestMachines();
let world: World;
let trials: readonly Trial[];

/** Takes queue and history away, as somebody does who sets an access point up anew: its job numbers begin again. */
async function loseTheQueue(): Promise<void> {
  const { manager } = await theSandbox();
  const answers = () =>
    condor("condor_q", "-totals").then(
      () => true,
      () => false,
    );
  await runIn(manager, ["condor_off", "-fast", "-daemon", "schedd"]);
  await eventually("the schedd to be gone", answers, (does) => !does);
  const spool = (await runIn(manager, ["condor_config_val", "SPOOL"])).trim();
  await runIn(manager, ["sh", "-c", 'rm -f "$1"/job_queue.log* "$1"/history*', "sh", spool]);
  await runIn(manager, ["condor_on", "-daemon", "schedd"]);
  await eventually("the schedd to be back", answers, (does) => does);
}

describe("a pool that was set up anew under stacks that know nothing of it", () => {
  beforeAll(async () => {
    world = await makeWorld();
    // So that the numbers that strangers must reach are low.
    await loseTheQueue();
    const { folder, image } = world;
    trials = await Promise.all(["refreshed", "destroyed"].map((name) => Trial.make(name, folder, image.reference)));
  });
  afterAll(async () => {
    await Promise.all(trials.map((trial) => trial.run("destroy", ...YES)));
    await strangers.endAll();
    await world.dispose();
  });

  test("no old id touches the stranger's machine that has its number now; refresh says gone, up makes a new one", async () => {
    const ups = await Promise.all(trials.map((trial) => trial.run("up", ...YES)));
    for (const { exitCode, output } of ups) expect(exitCode, output).toBe(0);
    const old = (await Promise.all(trials.map((trial) => trial.jobs()))).flat();
    expect(old).toHaveLength(2);

    await loseTheQueue();
    const theirs = await strangersAt(old.map(({ jobId }) => jobId));
    const [refreshed, destroyed] = trials;
    const refresh = await refreshed?.run("refresh", ...YES);
    expect(refresh?.exitCode, refresh?.output).toBe(0);
    expect(await refreshed?.recordedId()).toBeUndefined();
    const destroy = await destroyed?.run("destroy", ...YES);
    expect(destroy?.exitCode, destroy?.output).toBe(0);
    const up = await refreshed?.run("up", ...YES);
    expect(up?.exitCode, up?.output).toBe(0);
    const [made] = (await refreshed?.jobs()) ?? [];
    expect(made).toMatchObject({ acknowledged: true, id: await refreshed?.recordedId() });
    expect(old.map(({ id }) => id)).not.toContain(made?.id);

    for (const machine of theirs) expect(await look(machine)).not.toBe("gone");
    expect((await condor("condor_q", "-allusers", "-af", "JobStatus")).split("\n")).not.toContain("3");
  });
});

/** Submits a stranger's machines until they have these numbers; answers those that have. */
async function strangersAt(jobIds: readonly string[]) {
  const highest = Math.max(...jobIds.map((jobId) => Number.parseInt(jobId, 10)));
  const theirs = [];
  for (let cluster = 0; cluster < highest; ) {
    const machine = await strangers.submitOne(world.image);
    cluster = Number.parseInt(machine.jobId, 10);
    theirs.push(machine);
  }
  const numbered = theirs.filter(({ jobId }) => jobIds.includes(jobId));
  expect(numbered).toHaveLength(jobIds.length);
  return theirs;
}
