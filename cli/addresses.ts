import { Command } from "commander";
import { exportCommand } from "./addresses/export.ts";
import { listCommand } from "./addresses/list.ts";

/** `condor-cloud addresses …` */
export function addressesCommand(): Command {
  return new Command("addresses")
    .description("The fixed addresses that machines may have (condor:addresses, CONDOR_CLOUD_ADDRESSES).")
    .addCommand(listCommand())
    .addCommand(exportCommand());
}
