import { describe, expect, test } from "vitest";
import { createFleet, deleteFleet, readFleet, updateFleet } from "../../../provider/fleet/lifecycle.ts";
import { AlreadyExistsError, InitializationError, OrphanedError } from "../../../provider/instance/errors.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { FLEET, FLEET_KEY } from "./samples.ts";

type Members = Record<string, { id: string; state: string; ready: boolean; upToDate: boolean }>;
type Outputs = Record<string, unknown> & { members: Members };

const operation = (options: ConstructorParameters<typeof Operation>[0] = {}) =>
  new Operation({ timeoutSeconds: 20, ...options });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it succeeded"),
    (error) => error,
  );

/** A pool with a fleet in it, and ways to go on with that. */
class World {
  readonly condor = new FakeCondor();
  readonly context = this.condor.context();
  readonly warnings: string[] = [];
  readonly said: string[] = [];
  outputs: Outputs = { members: {} };
  #began = 0;

  operation(options: ConstructorParameters<typeof Operation>[0] = {}): Operation {
    const told = { warn: (text: string) => this.warnings.push(text), progress: (text: string) => this.said.push(text) };
    return operation({ ...told, ...options });
  }

  async create(change: Record<string, unknown> = {}, options: ConstructorParameters<typeof Operation>[0] = {}) {
    const created = await createFleet({ ...FLEET, ...change }, this.context, this.operation(options));
    this.outputs = created.outputs as Outputs;
    this.#began = this.condor.log.length;
    return created.id;
  }

  async update(change: Record<string, unknown>, options: ConstructorParameters<typeof Operation>[0] = {}) {
    const updated = updateFleet(
      FLEET_KEY,
      this.outputs,
      { ...FLEET, ...change },
      this.context,
      this.operation(options),
    );
    this.outputs = (await updated) as Outputs;
  }

  async read(state: Record<string, unknown> = this.outputs) {
    return (await readFleet(FLEET_KEY, state, this.context, this.operation())).outputs as Outputs;
  }

  /** The commands since the create. */
  commands(which?: string): string[] {
    return this.condor.log.slice(this.#began).filter((command) => which === undefined || command === which);
  }

  ids(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.outputs.members).map(([name, { id }]) => [name, id]));
  }

  names(): unknown[] {
    return this.condor.jobs.map((job) => job.CloudName).sort();
  }

  job(name: string) {
    return this.condor.jobs.find((job) => job.CloudName === name);
  }
}

async function fleet(change: Record<string, unknown> = {}) {
  const world = new World();
  await world.create(change);
  return world;
}

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

describe("a fleet's update", () => {
  test("changes nothing where all is as it should be", async () => {
    const world = await fleet();
    await world.update({});
    expect(world.commands()).toEqual(["condor_q", "condor_status"]);
  });

  test("makes more with one submission, and leaves the others alone", async () => {
    const world = await fleet();
    const ids = world.ids();
    await world.update({ count: 6 });
    expect(world.names()).toHaveLength(6);
    expect(world.ids()).toMatchObject(ids);
    expect(world.commands("condor_submit")).toHaveLength(1);
  });

  test("removes some with one command, those first that the program names", async () => {
    const world = await fleet({ count: 6 });
    await world.update({ count: 3, removeFirst: ["web-0"] });
    expect(world.names()).toEqual(["web-1", "web-2", "web-3"]);
    expect(world.commands("condor_rm")).toHaveLength(1);
  });

  test("makes exactly those again that died", async () => {
    const world = await fleet();
    const { "web-1": _dead, ...alive } = world.ids();
    world.condor.jobs.splice(1, 1);
    await world.update({});
    expect(world.names()).toEqual(["web-0", "web-1", "web-2"]);
    expect(world.ids()).toMatchObject(alive);
  });

  test("changes labels in place, with one command", async () => {
    const world = await fleet();
    const ids = world.ids();
    await world.update({ labels: { a: "b" } });
    expect(world.ids()).toEqual(ids);
    expect(world.commands("condor_qedit")).toHaveLength(1);
  });

  test("rolls, one after the other, and says how far it is", async () => {
    const world = await fleet();
    const ids = world.ids();
    const removals: number[] = [];
    world.condor.after = (command) => {
      if (command === "condor_rm") removals.push(world.condor.jobs.length);
    };
    await world.update({ watchdog: "reset" });
    expect(removals).toEqual([2, 2, 2]);
    expect(Object.values(world.ids()).filter((id) => Object.values(ids).includes(id))).toEqual([]);
    expect(world.said.join("\n")).toMatch(/rolling: 1 of 3 replaced/);
    expect(world.said.at(-1)).toBe("");
  });

  test("lends a member where nobody may be missing, and takes it back at the end", async () => {
    const world = await fleet();
    let least = 9;
    world.condor.after = (command) => {
      if (command === "condor_rm") least = Math.min(least, world.condor.jobs.length);
    };
    await world.update({ watchdog: "reset", updateStrategy: { maxUnavailable: 0, maxSurge: 1 } });
    expect(least).toBe(3);
    expect(world.names()).toEqual(["web-0", "web-1", "web-2"]);
    expect(Object.keys(world.outputs.members)).toEqual(["web-0", "web-1", "web-2"]);
  });

  test("waits in a roll for each that it makes, also where no member must be ready", async () => {
    const world = await fleet({ minReady: 0 });
    let most = 0;
    world.condor.after = (command) => {
      const starting = world.condor.jobs.filter(
        (job) => job.CloudWatchdog === "reset" && job.CloudAcknowledged === false,
      );
      if (command === "condor_submit") most = Math.max(most, starting.length);
    };
    await world.update({ watchdog: "reset", minReady: 0 });
    expect(most).toBe(1);
    expect(world.outputs).toMatchObject({ ready: 3 });
  });

  test("waits in a roll for what its strategy says, and at its end for what the fleet does", async () => {
    const world = await fleet({ waitFor: "running" });
    let waves = 0;
    world.condor.ipAddress = undefined;
    world.condor.after = (command) => {
      if (command === "condor_rm" && ++waves === 3) world.condor.ipAddress = "10.0.0.9";
    };
    const strategy = { maxUnavailable: 1, maxSurge: 0, waitFor: "running" };
    await world.update({ watchdog: "reset", waitFor: "address", updateStrategy: strategy });
    expect(world.outputs).toMatchObject({ ready: 3, members: { "web-0": { ipAddress: "10.0.0.9" } } });
  });

  test("removes a second living job of one name, for two would have one MAC address", async () => {
    const world = await fleet();
    const twin = { ...world.job("web-1"), GlobalJobId: "ap.example#99.0#1795562971", ClusterId: 99, ProcId: 0 };
    world.condor.jobs.unshift(twin);
    const ids = world.ids();
    await world.update({});
    expect(world.ids()).toEqual(ids);
    expect(world.condor.jobs.map((job) => job.GlobalJobId)).not.toContain(twin.GlobalJobId);
  });

  /** A roll that stops at the first member that it makes, which is held. */
  async function stopped(change: Record<string, unknown> = {}) {
    const world = await fleet();
    const before = world.ids();
    world.condor.after = (command) => {
      if (command !== "condor_submit") return;
      for (const job of world.condor.jobs) if (job.CloudWatchdog === "reset") Object.assign(job, { JobStatus: 5 });
    };
    const failed = await failureOf(world.update({ watchdog: "reset", ...change }));
    world.outputs = failed.outputs;
    world.condor.after = () => {};
    return { world, before, failed };
  }

  test("stops at the first that fails, leaves the rest alone, and says how to go on or back", async () => {
    const { world, before, failed } = await stopped();
    expect(failed).toBeInstanceOf(InitializationError);
    expect(failed.message).toMatch(/stopped at web-0: of its members 1 are as the program says, 2 are as they were/);
    expect(failed.message).toMatch(/To go on: .*To go back: /s);
    expect(world.ids()).toMatchObject({ "web-1": before["web-1"], "web-2": before["web-2"] });
    expect(world.outputs.members).toMatchObject({
      "web-0": { upToDate: true, ready: false },
      "web-1": { upToDate: false },
    });
  });

  test("goes back by the change undone, and replaces the failed one alone", async () => {
    const { world, before } = await stopped();
    await world.update({});
    expect(world.ids()).toMatchObject({ "web-1": before["web-1"], "web-2": before["web-2"] });
    expect(world.job("web-0")).toMatchObject({ CloudWatchdog: "none", JobStatus: 2 });
  });

  test("goes on when the cause is gone, and does not make the failed one again", async () => {
    const { world } = await stopped();
    const { id } = world.outputs.members["web-0"] ?? { id: "" };
    for (const job of world.condor.jobs)
      Object.assign(job, { JobStatus: 2, RemoteHost: `slot1_${job.ClusterId}@exec1` });
    await world.update({ watchdog: "reset" });
    expect(world.ids()["web-0"]).toBe(id);
    expect(world.condor.jobs.map((job) => job.CloudWatchdog)).toEqual(["reset", "reset", "reset"]);
  });

  test("takes what a user data change would replace as it is, where that is to be ignored", async () => {
    const world = await fleet({ userData: "#cloud-config\n{}" });
    const ids = world.ids();
    await world.update({ userData: "#cloud-config\n{a: 1}", onUserDataChange: "ignore" });
    expect(world.ids()).toEqual(ids);
  });

  test("neither doubles nor touches a member whose job was edited beyond reading, and says so", async () => {
    const world = await fleet();
    const ids = world.ids();
    Object.assign(world.job("web-1") ?? {}, { CloudLabels: "no base64!" });
    await world.update({ watchdog: "reset" });
    expect(world.condor.jobs).toHaveLength(3);
    expect(world.ids()["web-1"]).toBe(ids["web-1"]);
    expect(world.warnings.join()).toMatch(/web-1 \(job \d+\.1\) cannot be read as a machine/);
  });

  test("finds a member again whose job does not say any more that it is one", async () => {
    const world = await fleet();
    const ids = world.ids();
    Object.assign(world.job("web-1") ?? {}, { CloudFleet: "-" });
    await world.update({});
    expect(world.ids()).toEqual(ids);
    expect(world.condor.jobs).toHaveLength(3);
  });

  test("acknowledges a member that the state owns and that nobody did", async () => {
    const world = await fleet();
    Object.assign(world.job("web-1") ?? {}, { CloudAcknowledged: false });
    await world.update({});
    expect(world.job("web-1")).toMatchObject({ CloudAcknowledged: true });
  });
});

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

describe("a fleet's delete", () => {
  test("removes all members with one command, and those of the state that the queue hides", async () => {
    const world = await fleet();
    Object.assign(world.job("web-1") ?? {}, { CloudFleet: "-" });
    await deleteFleet(FLEET_KEY, world.outputs, world.context, world.operation());
    expect(world.condor.jobs).toEqual([]);
    expect(world.commands("condor_rm")).toHaveLength(1);
  });

  test("leaves a machine alone that another resource adopted", async () => {
    const world = await fleet();
    Object.assign(world.job("web-1") ?? {}, { CloudKey: Buffer.from("shop/dev/x/y").toString("base64") });
    await deleteFleet(FLEET_KEY, world.outputs, world.context, world.operation());
    expect(world.names()).toEqual(["web-1"]);
  });
});
