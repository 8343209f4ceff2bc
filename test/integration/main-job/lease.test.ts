import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { InstanceOutputs } from "../../../provider/instance/outputs.ts";
import { condor, queue } from "../pool/queue.ts";
import { type MachineArguments, makeStack, type TestStack } from "../pool/stack.ts";
import { eventually } from "../pool/wait.ts";

const COMMAND_LINE = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

/** HTCondor looks once a minute whether a running job is to be removed (PERIODIC_EXPR_INTERVAL). */
const LOOK_SECONDS = 60;

const HOUR = 3600;
const SIZE = { profile: { memoryMiB: 128, vcpus: 1 } } as const;
const WEB: MachineArguments = { ...SIZE, lease: "4h" };

/** What `pulumi refresh --expect-no-changes` exits with. */
const NO_CHANGES = 0;
const CHANGES = 7;

/** The machines that nobody renews, and the one that is renewed. */
let ending: TestStack;
let world: TestStack;

async function machine(name: string, { stack } = world): Promise<InstanceOutputs & { id: string }> {
  return (await stack.outputs()).machines?.value[name];
}

/** The machine's job; undefined when it has left the queue. */
async function jobOf(name: string): Promise<Record<string, unknown> | undefined> {
  return (await queue()).find((job) => job.CloudName === name);
}

const now = () => Math.floor(Date.now() / 1000);

/** Changes the job behind Pulumi's back. */
async function edit(attribute: string, value: number | string): Promise<void> {
  await condor("condor_qedit", "-forward", (await machine("web")).jobId, attribute, String(value));
}

/** Seconds that are left of web's lease. */
async function left(): Promise<number> {
  return Number((await jobOf("web"))?.CloudLeaseUntil) - now();
}

async function refreshPreview(): Promise<number | undefined> {
  const options = ["--preview-only", "--expect-no-changes", "--non-interactive", "--stack", "lease"];
  const result = await execa("pulumi", ["refresh", ...options], {
    cwd: world.folder,
    env: inject("environment"),
    reject: false,
  });
  return result.exitCode;
}

/** `condor-cloud instance …` */
async function commandLine(...parameters: string[]) {
  const command = [COMMAND_LINE, "instance", ...parameters];
  return await execa(process.execPath, command, { env: inject("environment"), reject: false });
}

beforeAll(async () => {
  ending = await makeStack("ending");
  world = await makeStack("lease");
  await ending.declare({ brief: { ...SIZE, lease: "1m" }, freed: { ...SIZE, lease: "1m" } });
  await ending.stack.up();
  await world.declare({ web: WEB });
});
afterAll(async () => {
  await Promise.all([ending.dispose(), world.dispose()]);
});

let freedUntil: number;

test("a lease that is taken out of the program is ended in place", async () => {
  const before = await machine("freed", ending);
  freedUntil = Date.parse(before.leaseEndsAt) / 1000;
  expect(freedUntil - now()).toBeLessThanOrEqual(60);
  await ending.declare({ brief: { ...SIZE, lease: "1m" }, freed: SIZE });
  const result = await ending.stack.up();
  expect(result.summary.resourceChanges).toMatchObject({ update: 1 });
  expect(await machine("freed", ending)).toMatchObject({ id: before.id, leaseEndsAt: "" });
});

describe("a lease of hours", () => {
  test("begins with the acknowledgement, and says when it ends", async () => {
    await world.stack.up();
    const job = await jobOf("web");
    expect(job).toMatchObject({ CloudAcknowledged: true, CloudLeaseSeconds: 4 * HOUR });
    expect(Math.abs((await left()) - 4 * HOUR)).toBeLessThan(120);
    expect(Date.parse((await machine("web")).leaseEndsAt) / 1000).toBe(job?.CloudLeaseUntil);
    expect(await refreshPreview()).toBe(NO_CHANGES);
  });

  test("that is half over is no drift, is renewed in place by the next `pulumi up`, and then left alone", async () => {
    const { id } = await machine("web");
    await edit("CloudLeaseUntil", now() + HOUR);
    expect(await refreshPreview()).toBe(NO_CHANGES);
    await world.stack.refresh();
    expect((await world.stack.preview()).changeSummary).toMatchObject({ update: 1 });
    await world.stack.up({ refresh: true });
    expect((await machine("web")).id).toBe(id);
    expect(await left()).toBeGreaterThan(3.9 * HOUR);

    const until = (await jobOf("web"))?.CloudLeaseUntil;
    await world.declare({ web: { ...WEB, lease: "240m", labels: { a: "b" } } });
    await world.stack.up();
    expect((await jobOf("web"))?.CloudLeaseUntil).toBe(until);
    expect((await world.stack.preview()).changeSummary).toEqual({ same: 3 });
  });

  test("is renewed by hand, which is no drift", async () => {
    await edit("CloudLeaseUntil", now() + 3 * HOUR);
    const { stdout } = await commandLine("renew", "web");
    expect(stdout).toMatch(/^web \(\d+\.0\): its lease ends at \S+Z, in 4h\.$/);
    expect(await left()).toBeGreaterThan(3.9 * HOUR);
    expect(await refreshPreview()).toBe(NO_CHANGES);
    expect((await commandLine("list")).stdout).toMatch(/^web .* (4h|3h 59m) left /m);
  });

  test("that cannot be renewed is told of for each machine, and the others are renewed", async () => {
    const { exitCode, stdout, stderr } = await commandLine("renew", "nobody", "freed", "web", "--json");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/There is no machine "nobody"[\s\S]*The machine freed .* has no lease/);
    const { id } = await machine("web");
    expect(JSON.parse(stdout)).toMatchObject([{ id, name: "web", leaseLeftSeconds: 4 * HOUR }]);
  });

  test.each([
    ["made longer", "CloudLeaseSeconds", () => 8 * HOUR],
    ["taken away", "CloudLeaseSeconds", () => 0],
    ["kept from ending", "CloudLeaseUntil", () => 0],
    ["put off", "CloudLeaseUntil", () => now() + 40 * HOUR],
  ])("that somebody has %s shows as drift", async (_what, attribute, value) => {
    const before = Number((await jobOf("web"))?.[attribute]);
    await edit(attribute, value());
    expect(await refreshPreview()).toBe(CHANGES);
    await edit(attribute, before);
  });

  test("is put right by the next `pulumi up`", async () => {
    await edit("CloudLeaseSeconds", 8 * HOUR);
    await edit("CloudLeaseUntil", now() + 40 * HOUR);
    await world.stack.up({ refresh: true });
    expect(await jobOf("web")).toMatchObject({ CloudLeaseSeconds: 4 * HOUR });
    expect(Math.abs((await left()) - 4 * HOUR)).toBeLessThan(120);
  });
});

test("labels that somebody edited show as drift, and the next `pulumi up` puts them right", async () => {
  const before = (await jobOf("web"))?.CloudLabels;
  await edit("CloudLabels", '"e30="');
  expect(await refreshPreview()).toBe(CHANGES);
  await world.stack.up({ refresh: true });
  expect(await jobOf("web")).toMatchObject({ CloudLabels: before });
});

test("a machine that HTCondor starts anew is the same one, with its starts counted", async () => {
  const before = await machine("web");
  expect(before.starts).toBe(1);
  await condor("condor_vacate_job", "-fast", before.jobId);
  await eventually(
    "the machine to start again",
    () => jobOf("web"),
    (job) => job?.NumShadowStarts === 2,
  );
  await world.stack.up({ refresh: true });
  const after = await machine("web");
  expect(after).toMatchObject({ id: before.id, starts: 2, state: "running" });
  expect(Date.parse(after.startedAt)).toBeGreaterThan(Date.parse(before.startedAt));
});

test("a machine whose lease ends is removed though nobody does anything, and a refresh says so", async () => {
  await eventually(
    "HTCondor to remove the machine",
    () => jobOf("brief"),
    (job) => job === undefined,
    180,
  );
  let output = "";
  const refreshed = await ending.stack.refresh({
    onOutput: (text) => {
      output += text;
    },
  });
  expect(refreshed.summary.resourceChanges).toMatchObject({ delete: 1 });
  expect(output).toMatch(/The machine brief \(job \d+\.\d+\) is gone: its lease ended at \S+Z\. The next `pulumi up`/);
});

test("a machine whose lease was ended lives on beyond its old end", async () => {
  const looked = freedUntil + LOOK_SECONDS + 5;
  await eventually(
    "HTCondor to have looked",
    async () => now(),
    (time) => time > looked,
  );
  expect(await jobOf("freed")).toMatchObject({ JobStatus: 2, CloudLeaseUntil: 0 });
});
