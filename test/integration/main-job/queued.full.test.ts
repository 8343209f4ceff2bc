import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InstanceOutputs } from "../../../provider/instance/outputs.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { theSandbox } from "../pool/nodes.ts";
import { makeStack, type TestStack } from "../pool/stack.ts";

type Machine = InstanceOutputs & { id: string };

const profile = { memoryMiB: 128, vcpus: 1 };
let world: TestStack;

async function machines(): Promise<Record<string, Machine>> {
  return (await world.stack.outputs()).machines?.value;
}

/** Runs an `up` and answers all that it printed, whether or not it failed. */
async function up(): Promise<{ output: string; failed: boolean }> {
  let output = "";
  const onOutput = (text: string) => {
    output += text;
  };
  return await world.stack.up({ onOutput }).then(
    () => ({ output, failed: false }),
    (error: unknown) => ({ output: `${output}${error}`, failed: true }),
  );
}

/** Starts or stops the part of the pool that gives jobs to nodes. */
async function negotiator(command: "condor_on" | "condor_off"): Promise<void> {
  const { manager } = await theSandbox();
  await runIn(manager, [command, "-daemon", "negotiator"]);
}

describe("a machine that queues longer than its `up` waits for it", () => {
  beforeAll(async () => {
    world = await makeStack("queues");
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("goes on queueing, and a later `up` finds it ready", async () => {
    await negotiator("condor_off");
    try {
      await world.declare({ queued: { profile, maxQueueSeconds: 2 } });
      const { output, failed } = await up();
      expect(failed, output).toBe(false);
      expect(output).toMatch(/warning: queued still queues after 2 s and was left to/);
      const { queued } = await machines();
      expect(queued).toMatchObject({ state: "queued", ready: false, ipAddress: "" });
      expect((await world.stack.preview()).changeSummary).toMatchObject({ update: 1 });

      await negotiator("condor_on");
      await world.declare({ queued: { profile } });
      await world.stack.up();
      expect((await machines()).queued).toMatchObject({ id: queued?.id, state: "running", ready: true });
    } finally {
      await negotiator("condor_on");
    }
  });
});
