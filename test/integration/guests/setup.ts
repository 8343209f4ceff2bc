/**
 * Sets up what the tests of this group share: a sandbox pool of two execute nodes, Pulumi and the packed package, and in
 * the image store the small guest and a real Debian.
 */
import type { TestProject } from "vitest/node";
import { openContext } from "../../../provider/context.ts";
import { readSettings } from "../../../provider/settings.ts";
import { step } from "../../../sandbox/actions/action.ts";
import { debianGuest } from "../../../sandbox/guest/debian-guest.ts";
import { loadSandbox } from "../../../sandbox/sandbox.ts";
import { addImage } from "../pool/add-image.ts";
import { provideSmallImage } from "../pool/provide-image.ts";
import { setUpPulumi } from "../pool/pulumi-setup.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The reference of the Debian guest in the store: see `sandbox/guest/debian-guest.ts`. */
    debianImage: string;
    /** The Debian guest's file, for a program that adds it itself. */
    debianGuest: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const pool = await setUpPulumi(project, "guests", 2);
  const { sandboxName, reporter, teardown } = pool;
  try {
    await provideSmallImage(project, pool);
    const sandbox = await loadSandbox(sandboxName);
    if (sandbox === undefined) throw new Error("The tests' sandbox is gone.");
    const context = openContext(readSettings({ commands: sandbox.bin, store: sandbox.store }, {}));
    const debian = await debianGuest({ reporter });
    await step(reporter, "Put the Debian guest into the image store", undefined, async () => {
      project.provide("debianImage", await addImage(context, "debian", debian));
      project.provide("debianGuest", debian);
    });
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
