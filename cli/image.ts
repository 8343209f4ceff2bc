import { Command } from "commander";
import { addCommand } from "./image/add.ts";
import { listCommand } from "./image/list.ts";
import { pruneCommand } from "./image/prune.ts";
import { removeCommand } from "./image/remove.ts";
import { showCommand } from "./image/show.ts";

/** `condor-cloud image …` */
export function imageCommand(): Command {
  return new Command("image")
    .description("The disk images in the store.")
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(removeCommand())
    .addCommand(pruneCommand());
}
