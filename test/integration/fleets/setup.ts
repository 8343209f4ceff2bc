/**
 * Sets up what the tests of this group share: a sandbox pool of two execute nodes, Pulumi and the packed package, and the
 * small guest in the image store.
 */
import type { TestProject } from "vitest/node";
import { provideSmallImage } from "../pool/provide-image.ts";
import { setUpPulumi } from "../pool/pulumi-setup.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const pool = await setUpPulumi(project, "fleets", 2);
  try {
    await provideSmallImage(project, pool);
  } catch (error) {
    await pool.teardown();
    throw error;
  }
  return pool.teardown;
}
