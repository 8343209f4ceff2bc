import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { queue } from "../pool/queue.ts";
import { makeStack, type TestStack } from "../pool/stack.ts";
import { eventually } from "../pool/wait.ts";

let world: TestStack;

describe("Ctrl-C while a machine is waited for", () => {
  beforeAll(async () => {
    world = await makeStack("interrupt");
    await world.declare({ web: { profile: { memoryMiB: 128, vcpus: 1 } } });
  });
  afterAll(async () => {
    await world.dispose();
  });

  test("ends the wait, keeps the machine in the state, and the next `pulumi up` goes on with the same one", async () => {
    const up = execa("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", "interrupt"], {
      cwd: world.folder,
      env: inject("environment"),
      all: true,
      reject: false,
    });
    // Whatever is seen or not: a CLI that goes on would keep the stack's lock.
    const [job] = await eventually("the job to appear", queue, (jobs) => jobs.length === 1).finally(() =>
      up.kill("SIGINT"),
    );
    const result = await up;
    expect(result.exitCode, result.all).not.toBe(0);
    expect(result.all).toMatch(/Interrupted/);
    const exported = await world.stack.exportStack();
    const resources: { type: string; id?: string; initErrors?: string[] }[] = exported.deployment.resources;
    const recorded = resources.find((resource) => resource.type.endsWith("condor:Instance"));
    expect(recorded?.id).toBe(job?.GlobalJobId);
    expect(recorded?.initErrors?.[0]).toMatch(/Interrupted[\s\S]*pulumi up/);

    await world.stack.up();
    const outputs = await world.stack.outputs();
    expect(outputs.machines?.value.web).toMatchObject({ id: job?.GlobalJobId, state: "running" });
    expect(await queue()).toHaveLength(1);
  });
});
