import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { afterAll, describe, expect, inject, test } from "vitest";
import { guestAnswer } from "../pool/guest-answer.ts";
import { queue } from "../pool/queue.ts";

const quickstart = join(import.meta.dirname, "../../../examples/quickstart");
const folder = await mkdtemp(join(tmpdir(), "condor-cloud-quickstart-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the quickstart, as a user gets it", () => {
  test("type-checks against the packed package and boots its fleet", async () => {
    await cp(quickstart, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
    const env = inject("environment");
    process.env.PATH = env.PATH; // where the Automation API looks for the CLI
    await execa(
      "npm",
      ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", inject("tarball")],
      {
        cwd: folder,
      },
    );
    await execa("npx", ["--no-install", "tsc", "-p", "."], { cwd: folder, env });
    const stack = await LocalWorkspace.createStack(
      { stackName: "quickstart", workDir: folder },
      { workDir: folder, envVars: env },
    );
    await stack.setConfig("image", { value: inject("guest") });
    try {
      const { outputs } = await stack.up();
      const addresses: string[] = [outputs.webAddress?.value, ...(outputs.workerAddresses?.value ?? [])];
      expect(addresses).toHaveLength(3);
      expect(new Set(addresses).size).toBe(3);
      for (const address of addresses) expect(await guestAnswer(address, "/id")).toContain(address);
      expect(
        (await queue()).map((job) => [job.CloudName, job.CloudProfile, job.JobVMMemory, job.JobVM_VCPUS]).sort(),
      ).toEqual([
        ["web", "medium", 1024, 2],
        ["worker-1", "small", 512, 1],
        ["worker-2", "small", 512, 1],
      ]);
    } finally {
      await stack.destroy();
    }
    expect(await queue()).toEqual([]);
  });
});
