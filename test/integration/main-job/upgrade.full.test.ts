import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment, PROGRAM_0_1_0 } from "../../fixtures/recorded.ts";
import { condor } from "../pool/queue.ts";
import { makeStack, type TestStack } from "../pool/stack.ts";
import { preview, totalMemoryMiB } from "./previews.ts";
import { asRecorded } from "./recorded.ts";

let world: TestStack;

beforeAll(async () => {
  world = await makeStack("upgrade");
});
afterAll(async () => {
  await world.dispose();
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
    expect(await preview(world)).toEqual({ failure: "", warnings: [] });
  });
});
