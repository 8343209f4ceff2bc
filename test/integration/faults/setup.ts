/**
 * Sets up what the tests of this group share: a sandbox pool of two execute nodes, Pulumi and the packed package. Its end
 * prints the table of all trials, and as the last line their sum.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { z } from "zod";
import { setUpPulumi } from "../pool/pulumi-setup.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The file that the verdicts of the trials are gathered in. */
    verdicts: string;
  }
}

const Counted = z.object({ orphaned: z.int(), doubled: z.int(), lost: z.int() });

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "condor-cloud-verdicts-"));
  const verdicts = join(folder, "verdicts.jsonl");
  project.provide("verdicts", verdicts);
  const { teardown } = await setUpPulumi(project, "faults", 2);
  return async () => {
    const line = await sum(verdicts);
    await rm(folder, { recursive: true, force: true });
    await teardown();
    if (line !== undefined) console.log(line);
  };
}

/** The sum of the trials; undefined where none was tried. */
async function sum(file: string): Promise<string | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  const verdicts = text
    .split("\n")
    .filter(Boolean)
    .map((line) => Counted.parse(JSON.parse(line)));
  if (verdicts.length === 0) return undefined;
  const total = (key: keyof z.infer<typeof Counted>) => verdicts.reduce((count, verdict) => count + verdict[key], 0);
  return `faults: ${verdicts.length} tried, ${total("orphaned")} orphaned, ${total("doubled")} doubled, ${total("lost")} lost`;
}
