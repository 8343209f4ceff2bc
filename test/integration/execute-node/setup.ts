/** Sets up what the tests of this group share: a sandbox pool of two execute nodes, and a guest image. */
import type { TestProject } from "vitest/node";
import { setUpPool } from "../pool/setup.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return (await setUpPool(project, "execute-node", 2)).teardown;
}
