/**
 * `npm run bench`: measures on one sandbox pool of this run's own, against the plain way to do the same.
 *
 *     npm run bench                     all sections
 *     npm run bench -- up --pairs 5     what `pulumi up` costs beside `condor_submit`
 *     npm run bench -- node             what an execute node's agent takes
 */
import { Argument, Command, InvalidArgumentError } from "commander";
import { withBench } from "./bench.ts";
import { benchNode } from "./node.ts";
import { benchUp } from "./up.ts";

const SECTIONS = { up: benchUp, node: benchNode };

const command = new Command("npm run bench --")
  .addArgument(new Argument("[section]", "which section; absent: all").choices(Object.keys(SECTIONS)))
  .option("--pairs <count>", "how often what is compared is done", parsePairs, 3)
  .parse();
const { pairs } = command.opts<{ pairs: number }>();

await withBench(async (bench) => {
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (name === (command.args[0] ?? name)) await section(bench, pairs);
  }
});

function parsePairs(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number from 1 to 999.");
}
