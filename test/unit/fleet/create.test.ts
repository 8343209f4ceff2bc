import { describe, expect, test } from "vitest";
import { createFleet } from "../../../provider/fleet/lifecycle.ts";
import { AlreadyExistsError, InitializationError, OrphanedError } from "../../../provider/instance/errors.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { FLEET, FLEET_KEY } from "./samples.ts";
import { failureOf, fleet, type Outputs, operation, World } from "./world.ts";

describe("a fleet's create", () => {
  test("submits all members with one command and hands them over with one", async () => {
    const world = new World();
    const log: string[] = [];
    world.condor.before = (command) => log.push(command);
    expect(await world.create()).toBe(FLEET_KEY);
    expect(world.names()).toEqual(["web-0", "web-1", "web-2"]);
    expect(world.condor.jobs.every((job) => job.CloudAcknowledged === true)).toBe(true);
    expect(log.filter((command) => command === "condor_submit")).toHaveLength(1);
    expect(log.filter((command) => command === "condor_qedit")).toHaveLength(1);
    expect(world.outputs).toMatchObject({
      running: 3,
      ready: 3,
      members: { "web-1": { ready: true, upToDate: true } },
    });
    expect(Object.keys(world.outputs.members)).toEqual(["web-0", "web-1", "web-2"]);
  });

  test("takes under 12 commands for 1,000 queued members", async () => {
    for (const change of [{ waitFor: "submitted" }, { minReady: 0 }]) {
      const condor = new FakeCondor();
      condor.jobStatus = 1;
      const { outputs } = await createFleet({ ...FLEET, count: 1000, ...change }, condor.context(), operation());
      expect(Object.keys((outputs as Outputs).members)).toHaveLength(1000);
      expect(condor.log.length, condor.log.join()).toBeLessThan(12);
    }
  }, 60_000);

  test("that is an orphan submits nothing, and hands over nothing", async () => {
    const world = new World();
    expect(await failureOf(world.create({}, { stillWanted: async () => false }))).toBeInstanceOf(OrphanedError);
    expect(world.condor.jobs).toEqual([]);
    const wanted = { stillWanted: async () => world.condor.jobs.length === 0 };
    world.condor.jobStatus = 1;
    world.condor.after = (command) => {
      if (command === "condor_submit") for (const job of world.condor.jobs) Object.assign(job, { JobStatus: 5 });
    };
    const failed = await failureOf(world.create({}, wanted));
    expect(failed).toBeInstanceOf(OrphanedError);
    expect(world.condor.jobs.some((job) => job.CloudAcknowledged === true)).toBe(false);
  });

  test("goes on with what a dead create left behind, and removes what is not wanted any more", async () => {
    const world = await fleet({ count: 4 });
    const ids = world.ids();
    for (const job of world.condor.jobs) Object.assign(job, { CloudAcknowledged: false });
    Object.assign(world.job("web-1") ?? {}, { CloudSpec: "0".repeat(64) });
    await world.create();
    expect(world.names()).toEqual(["web-0", "web-1", "web-2"]);
    expect(world.ids()).toMatchObject({ "web-0": ids["web-0"], "web-2": ids["web-2"] });
    expect(world.ids()["web-1"]).not.toBe(ids["web-1"]);
  });

  test("neither doubles nor steals members that somebody was told about", async () => {
    const world = await fleet();
    const failed = await failureOf(world.create());
    expect(failed).toBeInstanceOf(AlreadyExistsError);
    expect(failed.message).toMatch(/web-0: job \d+\.0 of alice.*\n.*\n.*condor:adoptExisting true.*condor_rm \d+\.0 /s);
    expect(world.condor.jobs).toHaveLength(3);
  });

  test("takes them over where the configuration says so, and makes what is missing", async () => {
    const world = await fleet();
    const ids = world.ids();
    Object.assign(world.context.settings, { adoptExisting: true });
    await world.create({ count: 4 });
    expect(world.ids()).toMatchObject(ids);
    expect(world.names()).toHaveLength(4);
  });

  test("records all members where one is held, and says which", async () => {
    const world = new World();
    world.condor.after = (command) => {
      if (command === "condor_submit")
        Object.assign(world.job("web-1") ?? {}, { JobStatus: 5, HoldReason: "No disk." });
    };
    const failed = await failureOf(world.create());
    expect(failed).toBeInstanceOf(InitializationError);
    expect(failed).toMatchObject({
      id: FLEET_KEY,
      code: "held",
      outputs: { ready: 2, members: { "web-1": { state: "held" } } },
    });
    expect(failed.message).toMatch(
      /^1 of the 3 members of the fleet web failed: web-1\.\n {2}web-1: HTCondor holds the job .*No disk\./s,
    );
    expect(world.condor.jobs.every((job) => job.CloudAcknowledged === true)).toBe(true);
  });

  test("makes the others where the pool refuses one", async () => {
    const world = new World();
    world.condor.refused.add("web-1");
    const failed = await failureOf(world.create());
    expect(Object.keys(failed.outputs.members)).toEqual(["web-0", "web-2"]);
    expect(failed.code).toBe("refused");
  });

  test("records nothing where the pool refuses all", async () => {
    const world = new World();
    for (const name of ["web-0", "web-1", "web-2"]) world.condor.refused.add(name);
    expect(await failureOf(world.create())).not.toBeInstanceOf(InitializationError);
  });

  test("hands over what there is when it is interrupted", async () => {
    const world = new World();
    world.condor.jobStatus = 1;
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 300);
    const failed = await failureOf(world.create({}, { signal: interruption.signal }));
    expect(failed).toMatchObject({ code: "interrupted", outputs: { members: { "web-2": { state: "queued" } } } });
    expect(world.condor.jobs.every((job) => job.CloudAcknowledged === true)).toBe(true);
  });

  test("leaves those to queue that need not be ready, and says once why", async () => {
    const world = new World();
    world.condor.analysis = (job) =>
      `The Requirements expression for job ${job.ClusterId}.${job.ProcId} is\n[0]  0 x > y\n`;
    world.condor.after = (command) => {
      if (command === "condor_submit") Object.assign(world.job("web-2") ?? {}, { JobStatus: 1, RemoteHost: undefined });
    };
    await world.create({ minReady: 2, maxQueueSeconds: 0.1 });
    expect(world.outputs).toMatchObject({ ready: 2, members: { "web-2": { state: "queued", ready: false } } });
    expect(world.warnings).toHaveLength(1);
    expect(world.warnings[0]).toMatch(/^1 of the 3 members still queue after 0.1 s and were left to: web-2\./);
    expect(world.warnings[0]).toMatch(/web-2: HTCondor: no slot meets x > y/);
  });
});
