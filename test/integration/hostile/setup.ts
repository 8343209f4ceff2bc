import type { TestProject } from "vitest/node";
import { runIn } from "../../../sandbox/machine.ts";
import { loadSandbox } from "../../../sandbox/sandbox.ts";
import { setUpPool } from "../pool/setup.ts";
import { ATTACKER } from "./condor.ts";

/** A pool of two nodes, and on each of its machines an account of a second ordinary user. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { teardown, sandboxName } = await setUpPool(project, "hostile", 2);
  try {
    const sandbox = await loadSandbox(sandboxName);
    for (const machine of sandbox?.machines ?? []) {
      await runIn(machine, ["useradd", "--create-home", "--shell", "/bin/sh", ATTACKER]);
    }
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
