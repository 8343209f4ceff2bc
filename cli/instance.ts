import { Command } from "commander";
import { instanceConsoleCommand } from "./instance/console.ts";
import { launchCommand } from "./instance/launch.ts";
import { listCommand } from "./instance/list.ts";
import { renewCommand } from "./instance/renew.ts";
import { showCommand } from "./instance/show.ts";
import { sshCommand } from "./instance/ssh.ts";
import { terminateCommand } from "./instance/terminate.ts";

/** `condor-cloud instance …` */
export function instanceCommand(): Command {
  return new Command("instance")
    .description("The virtual machines in the pool.")
    .addCommand(launchCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(instanceConsoleCommand())
    .addCommand(sshCommand())
    .addCommand(renewCommand())
    .addCommand(terminateCommand());
}
