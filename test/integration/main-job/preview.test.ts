import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { Deployment, PROGRAM_0_1_0 } from "../../fixtures/recorded.ts";
import { condor } from "../pool/queue.ts";
import { makeStack, type TestStack } from "../pool/stack.ts";
import { asRecorded } from "./recorded.ts";

const profile = { memoryMiB: 128, vcpus: 1 };

let world: TestStack;

/** Previews; answers the warnings, and why it failed, where it did. */
async function preview(): Promise<{ warnings: string[]; failure: string }> {
  const warnings: string[] = [];
  const onEvent = ({ diagnosticEvent }: EngineEvent) => {
    if (diagnosticEvent?.severity === "warning") warnings.push(diagnosticEvent.message);
  };
  const failure = await world.stack.preview({ onEvent }).then(
    () => "",
    (error: unknown) => String(error),
  );
  return { warnings, failure };
}

/** Previews with another configuration of the pool. */
async function previewWith(name: string, value: string) {
  await world.stack.setConfig(name, { value });
  return await preview().finally(() => world.stack.removeConfig(name));
}

/** A folder of commands with a `condor_status` of its own. */
async function commandsWith(name: string, script: string): Promise<string> {
  const folder = join(world.folder, name);
  await mkdir(folder);
  await writeFile(join(folder, "condor_status"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "condor_status"), 0o755);
  return folder;
}

/** The most memory that a machine can have here, in MiB. */
async function totalMemoryMiB(): Promise<number> {
  const whole = ["-constraint", 'SlotType =!= "Dynamic"'];
  const [node] = JSON.parse(await condor("condor_status", "-json", "-attributes", "TotalSlotMemory", ...whole));
  return node.TotalSlotMemory;
}

beforeAll(async () => {
  world = await makeStack("preview");
});
afterAll(async () => {
  await world.dispose();
});

describe("what a preview knows of the pool", () => {
  test("a machine that no node could ever hold fails in it, with the largest that exists and what to do", async () => {
    const most = await totalMemoryMiB();
    await world.declare({ web: { profile: { memoryMiB: most + 1, vcpus: 1 } } });
    expect((await preview()).failure).toMatch(
      new RegExp(
        `property profile[\\s\\S]*could ever hold ${most + 1} MiB and 1 vCPU; the largest that any can hold: ${most} MiB and \\d+ vCPUs? on exec1[^ ]*\\. Ask for`,
      ),
    );
  });

  test("machines for which nothing is free together are one warning for those that will queue", async () => {
    const half = { memoryMiB: Math.ceil((await totalMemoryMiB()) / 2) + 1, vcpus: 1 };
    await world.declare({ first: { profile: half }, second: { profile: half }, third: { profile: half } });
    expect(await preview()).toEqual({
      failure: "",
      warnings: [
        expect.stringMatching(
          /A machine of \d+ MiB and 1 vCPU has to queue.*of this program asked for before it\.\s+exec1\S*: has \d+ MiB of memory free of \d+ needed/,
        ),
      ],
    });
  });

  test("twenty machines cost one question", async () => {
    const log = join(world.folder, "asked");
    const real = `PATH='${inject("environment").PATH}' exec condor_status "$@"`;
    const commands = await commandsWith("counting", `echo "$*" >> '${log}'\n${real}`);
    await world.declare(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`m${index}`, { profile }])));
    expect(await previewWith("condor:commands", commands)).toMatchObject({ failure: "" });
    expect((await readFile(log, "utf8")).trim().split("\n")).toHaveLength(1);
  });
});

describe("a pool that a preview cannot ask is one warning, whatever the number of machines:", () => {
  beforeAll(async () => {
    await world.declare({ a: { profile }, b: { profile }, c: { profile } });
  });

  test("one that is not there", async () => {
    expect(await previewWith("condor:pool", "127.0.0.1:1")).toEqual({
      failure: "",
      warnings: [expect.stringMatching(/goes on without knowing the pool's capacity\.\s+condor_status got no answer/)],
    });
  });

  test("one whose command prints garbage", async () => {
    const commands = await commandsWith("garbage", "echo '<html>502 Bad Gateway</html>'");
    expect(await previewWith("condor:commands", commands)).toEqual({
      failure: "",
      warnings: [expect.stringMatching(/goes on without knowing the pool's capacity\.\s+[\s\S]*condor_status/)],
    });
  });
});

describe("a stack that version 0.1.0 made", () => {
  test("has no change planned, and gets the new outputs by a refresh", async () => {
    await world.declare(PROGRAM_0_1_0);
    await world.stack.up();
    const made = (await world.stack.outputs()).machines?.value;
    // What 0.1.0 submitted knows of no lease.
    for (const { jobId } of Object.values<{ jobId: string }>(made)) {
      await condor("condor_qedit", jobId, "CloudLeaseSeconds", "undefined", "CloudLeaseUntil", "undefined");
    }
    const state = await world.stack.exportStack();
    state.deployment = await asRecorded(state.deployment);
    expect(/"(ready|waitFor|starts|leaseEndsAt)"/.exec(JSON.stringify(state.deployment))).toBeNull();
    await world.stack.importStack(state);

    const same = { same: 4 };
    expect((await world.stack.preview({ expectNoChanges: true })).changeSummary).toEqual(same);
    expect((await world.stack.refresh()).summary.resourceChanges).toEqual(same);
    const refreshed = Deployment.parse((await world.stack.exportStack()).deployment).resources;
    expect(refreshed.map(({ outputs }) => outputs?.ready).filter(Boolean)).toEqual([true, true]);
    expect((await world.stack.preview({ expectNoChanges: true })).changeSummary).toEqual(same);

    await world.stack.up({ expectNoChanges: true });
    const now = (await world.stack.outputs()).machines?.value;
    for (const name of Object.keys(PROGRAM_0_1_0)) {
      expect(now[name]).toMatchObject({ id: made[name].id, ready: true, starts: 1, leaseEndsAt: "", message: "" });
    }
  });

  test("may replace a machine by a larger one than is free beside it, for it leaves its place", async () => {
    const larger = { memoryMiB: (await totalMemoryMiB()) - 200, vcpus: 1 };
    await world.declare({ ...PROGRAM_0_1_0, plain: { profile: larger } });
    expect(await preview()).toEqual({ failure: "", warnings: [] });
  });
});
