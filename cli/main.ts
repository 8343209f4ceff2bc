#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { z } from "zod";
import { CloudError } from "../provider/errors.ts";
import { SandboxError, SandboxInterruptedError } from "../sandbox/errors.ts";
import { instanceCommand } from "./instance.ts";
import { nodeCommand } from "./node.ts";
import { sandboxCommand } from "./sandbox.ts";

/** Reads the package's version from the nearest package.json, in the checkout and in the installed package alike. */
function version(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")))
        .version;
    } catch {}
  }
  return "unknown";
}

const program = new Command("condor-cloud")
  .description("An HTCondor pool as a private cloud: its machines, its sandbox.")
  .version(version())
  .showHelpAfterError("(--help says more)")
  .addCommand(instanceCommand())
  .addCommand(nodeCommand())
  .addCommand(sandboxCommand());

try {
  await program.parseAsync();
} catch (error) {
  // What we throw is written for people; anything else is a defect, and its stack says where.
  const isForPeople = error instanceof CloudError || error instanceof SandboxError;
  const words = isForPeople ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${words}\n`);
  process.exitCode = error instanceof SandboxInterruptedError ? 130 : 1;
}
