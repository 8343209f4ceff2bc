import { Command } from "commander";
import { openContext } from "../provider/context.ts";
import { harmless } from "../provider/harmless.ts";
import { findMachine } from "../provider/instance/find.ts";
import { followConsole, wholeConsole } from "../provider/instance/follow-console.ts";
import { Operation } from "../provider/operation.ts";
import { readSettings } from "../provider/settings.ts";
import { ask, tell, tellOnce } from "./ask.ts";
import { interruptible } from "./interruption.ts";
import { parseCount } from "./options.ts";

/** `condor-cloud console …` */
export function consoleCommand(): Command {
  return new Command("console").description("The serial consoles of machines.").addCommand(logCommand());
}

/** `condor-cloud console log` */
function logCommand(): Command {
  return new Command("log")
    .description("Prints what a machine of yours wrote on its serial console, as far as its node keeps it.")
    .argument("<machine>", "its name, its job (12.0) or its id")
    .option("--tail <lines>", "only the last lines", parseCount)
    .option("--follow", "go on with what it writes, until it ends or Ctrl-C", false)
    .action(async (meant: string, options: { tail?: number; follow: boolean }) => {
      const context = openContext(readSettings());
      const machines = await ask(`the machine ${meant}`, () => context.pool.list());
      const { globalJobId } = findMachine(
        meant,
        machines.map(({ job }) => job),
      );
      await interruptible(async (signal) => {
        const operation = new Operation({ signal, progress: tellOnce(), warn: tell });
        const text = await wholeConsole(globalJobId, context, operation);
        print(ending(harmless(text), options.tail));
        if (options.follow) {
          await followConsole(globalJobId, text, print, context, operation);
          tell("The machine has ended.");
        }
      });
    });
}

/** The last lines of a text; all of it where no number is given. */
function ending(text: string, lines: number | undefined): string {
  if (lines === undefined) return text;
  const all = text.split("\n");
  return all.slice(-lines - (all.at(-1) === "" ? 1 : 0)).join("\n");
}

function print(text: string): void {
  process.stdout.write(harmless(text));
}
