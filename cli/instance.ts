import { Command } from "commander";
import { listCommand } from "./instance/list.ts";
import { renewCommand } from "./instance/renew.ts";

/** `condor-cloud instance …` */
export function instanceCommand(): Command {
  return new Command("instance")
    .description("The virtual machines in the pool.")
    .addCommand(listCommand())
    .addCommand(renewCommand());
}
