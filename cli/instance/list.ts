import { Command } from "commander";
import { openContext } from "../../provider/context.ts";
import { listInstances } from "../../provider/instance/list.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask } from "../ask.ts";
import { instanceTable } from "./instance-table.ts";

/** `condor-cloud instance list` */
export function listCommand(): Command {
  return new Command("list")
    .description("Lists the machines that live in the queue, of all stacks and owners.")
    .option("--json", "print JSON for programs", false)
    .action(async (options: { json: boolean }) => {
      const context = openContext(readSettings());
      const instances = await ask("the list of machines", () => listInstances(context));
      if (options.json) console.log(JSON.stringify(instances, null, 2));
      else if (instances.length === 0) console.log("No machine in the queue.");
      else console.log(instanceTable(instances));
    });
}
