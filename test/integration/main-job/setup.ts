/**
 * Sets up the real parts that the tests of this group share: the packed package installed into an empty Pulumi project,
 * a Pulumi CLI, a guest image and a sandbox pool of this run's own; takes the pool down at the end, also after a failure.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { Phases } from "../../../cli/phases.ts";
import { step } from "../../../sandbox/actions/action.ts";
import { down, environment, listSandboxes, up } from "../../../sandbox/cluster.ts";
import { smallGuest } from "../../../sandbox/guest/small-guest.ts";
import { pulumiCli } from "../../../sandbox/pulumi/pulumi-cli.ts";
import { bundleNode } from "../../../scripts/bundle-node.ts";
import { installPacked } from "../packed.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The sandbox's name. */
    sandbox: string;
    /** What a user gets by `condor-cloud sandbox env`, with the Pulumi CLI on its PATH. */
    environment: Record<string, string>;
    /** A Pulumi project's folder with the packed package in its node_modules. */
    project: string;
    /** The packed package. */
    tarball: string;
    /** A bootable image. */
    guest: string;
  }
}

const root = join(import.meta.dirname, "..", "..", "..");
const OURS = /^test-(\d+)(?:-|$)/;

/** Takes down what runs left behind that were killed; a sandbox of a living run is its own. */
async function clearDeadRuns(): Promise<void> {
  for (const { name } of await listSandboxes()) {
    const pid = Number(OURS.exec(name)?.[1]);
    if (!pid) continue;
    try {
      process.kill(pid, 0);
    } catch {
      await down(name);
    }
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const reporter = new Phases({ logFile: join(root, ".build", "test-setup.log") });
  const sandboxName = `test-${process.pid}`;
  await mkdir(join(root, ".build"), { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), "condor-cloud-test-"));
  const teardown = async () => {
    await down(sandboxName);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await clearDeadRuns();
    const cli = await pulumiCli({ reporter });
    const tarball = await step(reporter, "Pack the package and install it into an empty project", undefined, () =>
      installPacked(folder),
    );
    const sandbox = await up({ name: sandboxName, nodes: 1, reporter, nodeBundle: await bundleNode() });
    const guest = await smallGuest({ reporter });
    const ours = environment(sandbox);
    project.provide("sandbox", sandboxName);
    project.provide("environment", { ...ours, PATH: [cli, ours.PATH].filter(Boolean).join(":") });
    project.provide("project", folder);
    project.provide("tarball", tarball);
    project.provide("guest", guest);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
