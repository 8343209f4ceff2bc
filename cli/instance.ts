import { Command } from "commander";
import { launchCommand } from "./instance/launch.ts";
import { listCommand } from "./instance/list.ts";
import { renewCommand } from "./instance/renew.ts";
import { showCommand } from "./instance/show.ts";
import { terminateCommand } from "./instance/terminate.ts";

/** `condor-cloud instance …` */
export function instanceCommand(): Command {
  return new Command("instance")
    .description("The virtual machines in the pool.")
    .addCommand(launchCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(renewCommand())
    .addCommand(terminateCommand());
}
