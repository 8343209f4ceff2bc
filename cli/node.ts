import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { nodeCommand as executeNodeCommand } from "../execute-node/install/command.ts";
import { nodeBundle } from "./node-bundle.ts";

/** `condor-cloud node …`: what `condor-cloud-node …` does on an execute node, run from the npm package. */
export function nodeCommand(): Command {
  return executeNodeCommand("node", () => readFile(nodeBundle(), "utf8"));
}
