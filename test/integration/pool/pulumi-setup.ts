import type { TestProject } from "vitest/node";
import { step } from "../../../sandbox/actions/action.ts";
import { pulumiCli } from "../../../sandbox/pulumi/pulumi-cli.ts";
import { installPacked } from "../packed.ts";
import { type GroupPool, setUpPool } from "./setup.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A Pulumi project's folder with the packed package in its node_modules. */
    project: string;
    /** The packed package. */
    tarball: string;
  }
}

/**
 * Sets up the real parts that the tests of a group with Pulumi share: the packed package installed into an empty Pulumi
 * project, a Pulumi CLI, a guest image and a sandbox pool of this run's own; what it made is gone
 * when it fails.
 */
export async function setUpPulumi(project: TestProject, group: string, nodes: number): Promise<GroupPool> {
  const pool = await setUpPool(project, group, nodes);
  const { folder, environment, reporter } = pool;
  try {
    const cli = await pulumiCli({ reporter });
    const tarball = await step(reporter, "Pack the package and install it into an empty project", undefined, () =>
      installPacked(folder),
    );
    project.provide("environment", { ...environment, PATH: [cli, environment.PATH].filter(Boolean).join(":") });
    project.provide("project", folder);
    project.provide("tarball", tarball);
  } catch (error) {
    await pool.teardown();
    throw error;
  }
  return pool;
}
