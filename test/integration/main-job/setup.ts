/** Sets up what the tests of this group share: a sandbox pool of one execute node, Pulumi and the packed package. */
import type { TestProject } from "vitest/node";
import { setUpPulumi } from "../pool/pulumi-setup.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return (await setUpPulumi(project, "main-job", 1)).teardown;
}
