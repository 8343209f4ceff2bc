import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InstanceOutputs } from "../../../provider/instance/outputs.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { theSandbox } from "../pool/nodes.ts";
import { condor } from "../pool/queue.ts";
import { makeStack, type TestStack } from "./stack.ts";

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

  test("is given up for a machine that queues too long: it goes on queueing, and a later `up` finds it ready", async () => {
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

describe("what a preview knows of the pool", () => {
  beforeAll(async () => {
    world = await makeStack("capacity");
  });
  afterAll(async () => {
    await world.dispose();
  });

  /** The most memory that a machine can have here, in MiB. */
  async function totalMemoryMiB(): Promise<number> {
    const [node] = JSON.parse(await condor("condor_status", "-json", "-attributes", "TotalSlotMemory"));
    return node.TotalSlotMemory;
  }

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

  test("a machine that no node could ever hold fails in it, with the largest that exists", async () => {
    const most = await totalMemoryMiB();
    await world.declare({ web: { profile: { memoryMiB: most + 1, vcpus: 1 } } });
    expect((await preview()).failure).toMatch(
      new RegExp(
        `property profile[\\s\\S]*could ever hold ${most + 1} MiB and 1 vCPU; the largest that any can hold: ${most} MiB and \\d+ vCPUs? on exec1`,
      ),
    );
  });

  test("machines for which nothing is free together are a warning for those that will queue", async () => {
    const half = { memoryMiB: Math.ceil((await totalMemoryMiB()) / 2) + 1, vcpus: 1 };
    await world.declare({ first: { profile: half }, second: { profile: half } });
    expect(await preview()).toEqual({
      failure: "",
      warnings: [
        expect.stringMatching(/A machine of \d+ MiB and 1 vCPU has to queue: [\s\S]*asked for before it[\s\S]*exec1/),
      ],
    });
  });

  test("a pool that cannot be reached is one warning, whatever the number of machines", async () => {
    await world.declare({ a: { profile }, b: { profile }, c: { profile } });
    await world.stack.setConfig("condor:pool", { value: "127.0.0.1:1" });
    expect(await preview().finally(() => world.stack.removeConfig("condor:pool"))).toEqual({
      failure: "",
      warnings: [expect.stringContaining("The pool cannot be asked; the preview goes on")],
    });
  });
});
