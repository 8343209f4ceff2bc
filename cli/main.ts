#!/usr/bin/env node
import { addCompletion, prepareCompletion } from "./completion.ts";
import { exitWithUsage, report } from "./exit.ts";
import { condorCloud } from "./program.ts";

const program = condorCloud();
const completion = addCompletion(program);
exitWithUsage(program);
const [asked, separator, ...words] = process.argv.slice(2);

try {
  if (asked === "complete" && separator === "--") await prepareCompletion(completion, words);
  await program.parseAsync();
  // A command of HTCondor that a completion gave up on would keep the shell waiting.
  if (asked === "complete") process.exit();
} catch (error) {
  report(error);
}
