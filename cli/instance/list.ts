import { Command } from "commander";
import { openContext } from "../../provider/context.ts";
import { matches } from "../../provider/filter.ts";
import { claimOf } from "../../provider/instance/claim.ts";
import { listMachines } from "../../provider/instance/list.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask } from "../ask.ts";
import { addLabel } from "../options.ts";
import { parseWatch, show, WATCH_OPTION, type Watch } from "../watch.ts";
import { instanceTable } from "./instance-table.ts";

interface Options {
  readonly json: boolean;
  readonly watch?: Watch;
  readonly mine: boolean;
  readonly label?: Record<string, string>;
}

/** `condor-cloud instance list` */
export function listCommand(): Command {
  return new Command("list")
    .description("Lists the machines in the queue, of all stacks and owners, also those that nobody claims.")
    .option("--json", "print JSON for programs", false)
    .option(...WATCH_OPTION, parseWatch)
    .option("--mine", "only those of your own account, as HTCondor knows it", false)
    .option("--label <key=value>", "only those with this label; may be given again", addLabel)
    .action(async ({ json, watch, mine, label: labels }: Options) => {
      const context = openContext(readSettings());
      const look = async () => {
        const machines = await listMachines(context, mine ? "mine" : "all");
        const wanted = machines.filter((machine) => matches({ labels }, machine));
        const listed = wanted.map((machine) => ({ ...machine, claim: claimOf(machine) }));
        if (json) return JSON.stringify(listed, null, watch === undefined ? 2 : 0);
        if (listed.length > 0) return instanceTable(listed);
        return machines.length === 0 ? "No machine in the queue." : "No such machine in the queue.";
      };
      // Who watches sees each look's failure; who looks once is patient.
      await show(watch, () => (watch === undefined ? ask("the list of machines", look) : look()));
    });
}
