import { readFileSync } from "node:fs";
import { Command } from "commander";
import { z } from "zod";
import { addressesCommand } from "./addresses.ts";
import { consoleCommand } from "./console.ts";
import { EXIT_CODES_HELP } from "./exit.ts";
import { imageCommand } from "./image.ts";
import { instanceCommand } from "./instance.ts";
import { managerCommand } from "./manager.ts";
import { nodeCommand } from "./node.ts";
import { sandboxCommand } from "./sandbox.ts";

/** `condor-cloud` with all its commands. */
export function condorCloud(): Command {
  return new Command("condor-cloud")
    .description("An HTCondor pool as a private cloud: its images, its machines, its execute nodes, its sandbox.")
    .version(version())
    .addHelpText("after", EXIT_CODES_HELP)
    .addCommand(imageCommand())
    .addCommand(instanceCommand())
    .addCommand(consoleCommand())
    .addCommand(addressesCommand())
    .addCommand(nodeCommand())
    .addCommand(managerCommand())
    .addCommand(sandboxCommand());
}

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
