/**
 * Sets up the real parts that the tests of this group share: the packed package installed into an empty Pulumi project,
 * a Pulumi CLI, a guest image and a sandbox pool of this run's own; takes the pool down at the end, also after a failure.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { TestProject } from "vitest/node";
import { Phases, phase } from "../../../cli/phases.ts";
import { down, environment, listSandboxes, up } from "../../../sandbox/cluster.ts";
import { smallGuest } from "../../../sandbox/guest/small-guest.ts";
import { pulumiCli } from "../../../sandbox/pulumi/pulumi-cli.ts";
import { bundleNode } from "../../../scripts/bundle-node.ts";

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

/** Packs the package and installs the tarball into an empty project, as a user would. */
async function installPacked(folder: string): Promise<string> {
  const packed = await execa("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: root,
    stderr: "inherit",
  });
  const tarball = packed.stdout.trim().split("\n").at(-1) ?? "";
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "main-job", private: true, type: "module" }));
  await execa(
    "npm",
    [
      "install",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      "--loglevel=error",
      `./${tarball}`,
      "@pulumi/pulumi@3.270.0",
      "typescript@6",
    ],
    { cwd: folder, stderr: "inherit" },
  );
  return join(folder, tarball);
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
    const tarball = await phase(reporter, "Pack the package and install it into an empty project", () =>
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
