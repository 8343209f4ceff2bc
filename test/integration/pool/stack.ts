import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Unwrap } from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { inject } from "vitest";
import type { CondorInstanceArgs } from "../../../sdk/condor-instance.ts";
import { writeProject } from "../project.ts";

/** A machine's arguments, as a test's program takes them from the stack's configuration. */
export type MachineArguments = Partial<Unwrap<CondorInstanceArgs>>;

/** An image's arguments; its source alone stands for itself. */
export type ImageArguments = string | { source: string; firmware?: "bios" | "uefi"; machineType?: "q35" | "pc" };

/** One stack of a test's own, with a project folder of its own. */
export interface TestStack {
  readonly stack: Stack;
  /** Declares the machines and the images. */
  declare(machines: Record<string, MachineArguments>, images?: Record<string, ImageArguments>): Promise<void>;
  /** Destroys whatever is left and removes the folder. */
  dispose(): Promise<void>;
  readonly folder: string;
}

/** Makes a stack in an empty project that uses the packed package by its public name. */
export async function makeStack(name: string): Promise<TestStack> {
  const folder = await mkdtemp(join(tmpdir(), "condor-cloud-stack-"));
  await writeProject(folder, inject("project"));
  const envVars = inject("environment");
  // The Automation API looks for the CLI on this process's own PATH.
  process.env.PATH = envVars.PATH;
  const stack = await LocalWorkspace.createStack({ stackName: name, workDir: folder }, { workDir: folder, envVars });
  return {
    stack,
    folder,
    async declare(machines, images: Record<string, ImageArguments> = { guest: inject("guest") }) {
      await stack.setConfig("main-job:machines", { value: JSON.stringify(machines) });
      await stack.setConfig("main-job:images", { value: JSON.stringify(images) });
    },
    async dispose() {
      try {
        await stack.destroy();
        await stack.workspace.removeStack(name);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
