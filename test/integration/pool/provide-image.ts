import type { TestProject } from "vitest/node";
import { openContext } from "../../../provider/context.ts";
import { readSettings } from "../../../provider/settings.ts";
import { step } from "../../../sandbox/actions/action.ts";
import { smallGuest } from "../../../sandbox/guest/small-guest.ts";
import { loadSandbox } from "../../../sandbox/sandbox.ts";
import { addImage } from "./add-image.ts";
import type { GroupPool } from "./setup.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The reference of the small guest in the store: see `sandbox/guest/small-guest.ts` for what it does. */
    smallImage: string;
  }
}

/** Puts the small guest into the store of a group's pool, for all its tests. */
export async function provideSmallImage(project: TestProject, { sandboxName, reporter }: GroupPool): Promise<void> {
  const sandbox = await loadSandbox(sandboxName);
  if (sandbox === undefined) throw new Error("The tests' sandbox is gone.");
  const context = openContext(readSettings({ commands: sandbox.bin, store: sandbox.store }, {}));
  const guest = await smallGuest({ reporter });
  await step(reporter, "Put the small guest into the image store", undefined, async () => {
    project.provide("smallImage", await addImage(context, "small", guest));
  });
}
