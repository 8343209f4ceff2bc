/**
 * `npm test`: runs all groups of tests, or the named ones, and ends with one plain line for the whole.
 *
 *     npm test                     everything
 *     npm test -- unit main-job    these groups
 *     npm test -- --full           with what takes too long for everyday, `*.full.test.ts`
 *     npm test -- faults --full    the same of one group
 *     npm test -- unit -t quoting  vitest's own options after the groups' names
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import config from "../vitest.config.ts";

const root = join(import.meta.dirname, "..");
const report = join(root, ".build", "test-report.json");
const blobs = join(root, ".build", "test-blobs");

const Projects = z.object({
  test: z.object({ projects: z.array(z.object({ test: z.object({ name: z.string() }) })) }),
});
const groups = Projects.parse(config).test.projects.map((project) => project.test.name);

const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  testResults: z.array(z.object({ name: z.string(), status: z.string(), message: z.string().default("") })),
});

function parse(parameters: readonly string[]): { chosen: string[]; options: string[] } {
  const firstOption = parameters.findIndex((parameter) => parameter.startsWith("-"));
  const chosen = firstOption < 0 ? [...parameters] : parameters.slice(0, firstOption);
  const strangers = chosen.filter((name) => !groups.includes(name));
  if (strangers.length > 0) {
    console.error(`No group of tests is named ${strangers.join(", ")}. The groups are: ${groups.join(", ")}.`);
    process.exit(2);
  }
  return { chosen, options: firstOption < 0 ? [] : parameters.slice(firstOption) };
}

const parameters = process.argv.slice(2);
const isFull = parameters.includes("--full");
const { chosen, options } = parse(parameters.filter((parameter) => parameter !== "--full"));

/** So many groups run beside each other, each with a pool of its own: tests on real pools mostly wait. */
const BESIDE = 2;

/** After the quick one those that take longest, so that none is left to run alone at the end. */
const ORDER = ["unit", "guests", "main-job", "execute-node", "fleets", "faults", "hostile", "sandbox"];

const run = execa({
  cwd: root,
  preferLocal: true,
  reject: false,
  env: isFull ? { CONDOR_CLOUD_TEST_FULL: "1" } : {},
});

const REPORTERS = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];

/** Runs groups beside each other, shows what they print line by line, and at the end one summary of all. */
async function runAll(names: readonly string[]): Promise<number> {
  await rm(blobs, { recursive: true, force: true });
  const waiting = names.toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)).values();
  const codes: number[] = [];
  const lane = async () => {
    for (const name of waiting) {
      if (!interrupted) codes.push(await runBeside(name));
    }
  };
  await Promise.all(Array.from({ length: BESIDE }, lane));
  const merged = await run({ stdio: "inherit" })("vitest", ["run", `--merge-reports=${blobs}`, ...REPORTERS]);
  return Math.max(...codes, merged.exitCode ?? 1);
}

/** A group in a process of its own, because vitest would bring up the pools of all its groups before the first test. */
async function runBeside(name: string): Promise<number> {
  const blob = ["--reporter=default", "--reporter=blob", `--outputFile.blob=${join(blobs, `${name}.json`)}`];
  const parameters = ["run", "--project", name, ...blob, ...options];
  const running = run({ stdin: "ignore", all: true })("vitest", parameters);
  for await (const line of running.iterable({ from: "all" })) console.log(line);
  return (await running).exitCode ?? 1;
}

async function runOne(name: string): Promise<number> {
  const parameters = ["run", "--project", name, ...REPORTERS, ...options];
  return (await run({ stdio: "inherit" })("vitest", parameters)).exitCode ?? 1;
}

/** The closing line; a file that could not even be loaded counts as one failed test, and so does a run that broke. */
async function closingLine(exitCode: number): Promise<string> {
  const parsed = Report.parse(JSON.parse(await readFile(report, "utf8")));
  const broken = parsed.testResults.filter((file) => file.status === "failed" && file.message !== "").length;
  const failed = Math.max(parsed.numFailedTests, broken, exitCode === 0 ? 0 : 1);
  const skipped = parsed.numPendingTests > 0 ? `, ${parsed.numPendingTests} skipped` : "";
  return `${parsed.numPassedTests} passed, ${failed} failed${skipped}`;
}

await rm(report, { force: true });
// Ctrl-C reaches vitest too; it tears down what the tests set up, and this process waits for that.
let interrupted = false;
process.on("SIGINT", () => {
  interrupted = true;
});
const wanted = chosen.length === 0 ? groups : chosen;
const [only, ...others] = wanted;
const exitCode = only !== undefined && others.length === 0 ? await runOne(only) : await runAll(wanted);
const line = await closingLine(exitCode).catch(() => "0 passed, 1 failed");
console.log(line);
process.exitCode = exitCode;
