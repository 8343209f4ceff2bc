import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InstanceOutputs } from "../../../provider/instance/outputs.ts";
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

describe("what an `up` waits for", () => {
  beforeAll(async () => {
    world = await makeStack("waits");
  });
  afterAll(async () => {
    await world.dispose();
  });

  let port: Machine | undefined;

  test("is the queue alone, a domain that runs, or a port of the guest that answers", async () => {
    await world.declare({
      submitted: { profile, waitFor: "submitted" },
      running: { profile, waitFor: "running" },
      port: { profile, waitFor: { tcpPort: 80 } },
    });
    await world.stack.up();
    const made = await machines();
    port = made.port;
    expect(Object.values(made).map(({ ready }) => ready)).toEqual([true, true, true]);
    expect(made.running).toMatchObject({ state: "running", message: "" });
    expect(made.port).toMatchObject({ state: "running", ipAddress: expect.stringMatching(/^10\./) });
  });

  test("is no change of a machine that was asked for no more than the queue", async () => {
    expect((await world.stack.up()).summary.resourceChanges).toEqual({ same: 5 });
  });

  test("names the port that nobody listens on and its last answer, and the next `up` takes the same machine", async () => {
    await world.declare({ port: { profile, waitFor: { tcpPort: 81 }, timeoutSeconds: 8 } });
    const { output, failed } = await up();
    expect(failed, output).toBe(true);
    expect(output).toMatch(
      /Timed out after 8 s while job \d+\.\d+ was running on exec1[^,]*, waiting for TCP port 81 of 10\.[\d.]+ \(ECONNREFUSED\)/,
    );
    await world.declare({ port: { profile, waitFor: "address" } });
    await world.stack.up();
    expect((await machines()).port).toMatchObject({ id: port?.id, ready: true });
  });
});
