/**
 * `npm run bench`: measures on sandbox pools of this run's own, against the plain way to do the same.
 *
 *     npm run bench                               all sections, about an hour
 *     npm run bench -- --quick                    a look in under five minutes
 *     npm run bench -- machines --runs 5          real machines: `pulumi up` and `destroy` beside the bare pool
 *     npm run bench -- queue                      a thousand queued members: preview, refresh, commands, memory, state
 *     npm run bench -- node                       what an execute node's agent takes
 *     npm run bench -- --json FILE                the figures for programs, too
 *     npm run bench -- chart FILE.json FILE.svg   the figures as a picture
 */
import { readFile, writeFile } from "node:fs/promises";
import { Argument, Command, Option } from "commander";
import { exitWithUsage, report as reportError } from "../../cli/exit.ts";
import { interruptible } from "../../cli/interruption.ts";
import { parseCount } from "../../cli/options.ts";
import { Phases } from "../../cli/phases.ts";
import { chart } from "./chart.ts";
import { GUESTS, type Guest } from "./guest.ts";
import { report } from "./report.ts";
import { Results } from "./results.ts";
import { SECTIONS, type Section, takeFigures } from "./sections.ts";

interface Options {
  readonly quick: boolean;
  readonly runs?: number;
  readonly guest: Guest;
  readonly json?: string;
  readonly name: string;
}

const command = new Command("npm run bench --")
  .description(
    "Measures the product on pools of this run's own. As root; each pool is gone at the end, also after Ctrl-C.",
  )
  .addArgument(new Argument("[sections...]", "which; absent: all, and with --quick all but node").choices(SECTIONS))
  .option("--quick", "fewer sizes and one run: under five minutes", false)
  .addOption(new Option("--runs <count>", "how often each is done; default: 3, with --quick 1").argParser(parseCount))
  .addOption(
    new Option("--guest <guest>", "what boots: a sector that halts, or a kernel that is emulated on the same cores")
      .choices(GUESTS)
      .default("halting"),
  )
  .option("--json <file>", "writes the figures there; their form is in test/bench/results.ts")
  .option("--name <name>", "what the sandboxes' names begin with", `bench-${process.pid}`)
  .action(async (sections: Section[], { json, ...options }: Options) => {
    const results = await interruptible((signal) =>
      takeFigures(sections, { ...options, reporter: new Phases(), signal, takenAt: new Date().toISOString() }),
    );
    if (json !== undefined) await writeFile(json, `${JSON.stringify(Results.parse(results), undefined, 2)}\n`);
    console.log(`\n${report(results)}`);
  });

command
  .command("chart")
  .description("draws the figures of a file that --json wrote")
  .argument("<json>")
  .argument("<svg>")
  .action(async (json: string, svg: string) => {
    await writeFile(svg, chart(Results.parse(JSON.parse(await readFile(json, "utf8")))));
  });

try {
  await exitWithUsage(command).parseAsync();
} catch (error) {
  reportError(error);
}
