import { Command } from "commander";
import { ended } from "../command.ts";
import { terminalPrinter } from "../printer.ts";

/** `condor-cloud manager …`: what an administrator does with a pool's central manager. */
export function managerCommand(): Command {
  const command = new Command("manager").description("This machine as the central manager of a pool of Condor Cloud");
  command
    .command("install")
    .description("Have HTCondor keep machines with one MAC address apart; what is right already is left alone")
    .option("--yes", "do it without asking", false)
    .action(async (options: { yes: boolean }) =>
      ended(async () => (await import("./install.ts")).installManager(options, terminalPrinter())),
    );
  command
    .command("doctor")
    .description("Check what a central manager needs, and say what to do about what is missing")
    .option("--json", "for programs", false)
    .action(async (options: { json: boolean }) =>
      ended(async () => (await import("./install.ts")).doctorManager(options, terminalPrinter())),
    );
  return command;
}
