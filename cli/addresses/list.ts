import { Command } from "commander";
import { listAddresses } from "../../provider/address/list.ts";
import { openContext } from "../../provider/context.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask } from "../ask.ts";
import { table } from "../table.ts";
import { oneLine } from "../text.ts";

/** `condor-cloud addresses list` */
export function listCommand(): Command {
  return new Command("list")
    .description("Lists the pairs of the address pool, and which job holds each.")
    .option("--json", "print JSON for programs", false)
    .action(async ({ json }: { json: boolean }) => {
      const context = openContext(readSettings());
      const pairs = await ask("who holds the addresses", () => listAddresses(context));
      if (json) return console.log(JSON.stringify(pairs, null, 2));
      if (pairs.length === 0) return console.log("No pair in the address pool.");
      const rows = pairs.map(({ address, macAddress, network, holder }) => [
        ...[address, macAddress, network ?? "any"],
        ...(holder === undefined
          ? ["-", "-", "-", "-"]
          : [holder.jobId, holder.name || "-", oneLine(holder.owner) || "-", holder.host || "-"]),
      ]);
      console.log(table(["ADDRESS", "MAC ADDRESS", "NETWORK", "JOB", "NAME", "OWNER", "EXECUTE NODE"], rows));
    });
}
