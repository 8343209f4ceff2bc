import { describe, expect, test } from "vitest";
import { InitializationError } from "../../../provider/instance/errors.ts";
import { failureOf, fleet } from "./world.ts";

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
