import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { Phases } from "../../../cli/phases.ts";
import { down, environment, listSandboxes, up } from "../../../sandbox/cluster.ts";
import { smallGuest } from "../../../sandbox/guest/small-guest.ts";
import { bundleNode } from "../../../scripts/bundle-node.ts";
import { printResults } from "./results.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The sandbox's name. */
    sandbox: string;
    /** What a user gets by `condor-cloud sandbox env`. */
    environment: Record<string, string>;
    /** A bootable image. */
    guest: string;
    /** The file that the group's results are gathered in. */
    results: string;
  }
}

const root = join(import.meta.dirname, "..", "..", "..");
const OURS = /^test-(\d+)(?:-|$)/;

/** What a group's own setup goes on with. */
export interface GroupPool {
  readonly sandboxName: string;
  /** An empty folder of this run's own, gone at the end. */
  readonly folder: string;
  readonly environment: Record<string, string>;
  readonly reporter: Phases;
  /** Takes pool and folder away and prints the group's results, if it recorded any. */
  readonly teardown: () => Promise<void>;
}

/**
 * Brings up a sandbox pool for one group of tests and provides its name, environment and a guest image; clears what
 * killed runs left behind first. What it made is gone when it fails.
 *
 * @param group - the group's name, for the sandbox's name and the table of results
 */
export async function setUpPool(project: TestProject, group: string, nodes: number): Promise<GroupPool> {
  const reporter = new Phases({ logFile: join(root, ".build", `test-setup-${group}.log`) });
  // The first word alone: a sandbox's name has 24 characters at most.
  const name = `test-${process.pid}-${group.split("-")[0]}`;
  await mkdir(join(root, ".build"), { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), "condor-cloud-test-"));
  const results = join(folder, "results.jsonl");
  const teardown = async () => {
    await printResults(group, results);
    await down(name);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await clearDeadRuns();
    // Not in dist/, which another group beside this one may be building anew.
    const nodeBundle = await bundleNode(join(folder, "execute-node.cjs"));
    const sandbox = await up({ name, nodes, reporter, nodeBundle });
    const guest = await smallGuest({ reporter });
    const ours = environment(sandbox);
    project.provide("sandbox", name);
    project.provide("environment", ours);
    project.provide("guest", guest);
    project.provide("results", results);
    return { sandboxName: name, folder, environment: ours, reporter, teardown };
  } catch (error) {
    await teardown();
    throw error;
  }
}

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
