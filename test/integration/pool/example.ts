import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { inject } from "vitest";

const examples = join(import.meta.dirname, "../../../examples");

/** An example as a user has it: a copy with the packed package installed, and a stack in it. */
export interface Example {
  readonly folder: string;
  readonly stack: Stack;
  /** Destroys whatever is left and removes the copy. */
  readonly dispose: () => Promise<void>;
}

/**
 * Copies an example to where nothing of the checkout is, installs the packed package and checks its types.
 *
 * @param name - its folder's name
 */
export async function makeExample(name: string): Promise<Example> {
  const folder = await mkdtemp(join(tmpdir(), `condor-cloud-${name}-`));
  await cp(join(examples, name), folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const env = inject("environment");
  process.env.PATH = env.PATH; // where the Automation API looks for the CLI
  const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await execa("npm", [...install, inject("tarball")], { cwd: folder });
  await execa("npx", ["--no-install", "tsc", "-p", "."], { cwd: folder, env });
  const stack = await LocalWorkspace.createStack(
    { stackName: name, workDir: folder },
    { workDir: folder, envVars: env },
  );
  return {
    folder,
    stack,
    async dispose() {
      try {
        await stack.destroy();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
