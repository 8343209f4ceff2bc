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

/**
 * These groups run one after the other, and beside them the others do: tests on real pools mostly wait. Each group has
 * a pool of its own.
 */
const BESIDE: readonly string[] = ["execute-node", "hostile", "guests"];

const run = execa({
  cwd: root,
  preferLocal: true,
  reject: false,
  env: isFull ? { CONDOR_CLOUD_TEST_FULL: "1" } : {},
});

const projects = (names: readonly string[]) => names.flatMap((name) => ["--project", name]);
const REPORTERS = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];

/** Runs the lanes beside each other, shows what they print line by line, and at the end one summary of all. */
async function runLanes(lanes: readonly (readonly string[])[]): Promise<number> {
  await rm(blobs, { recursive: true, force: true });
  const codes = await Promise.all(
    lanes.map(async (lane, index) => {
      const blob = ["--reporter=default", "--reporter=blob", `--outputFile.blob=${join(blobs, `${index}.json`)}`];
      const parameters = ["run", ...projects(lane), ...blob, ...options];
      const running = run({ stdin: "ignore", all: true })("vitest", parameters);
      for await (const line of running.iterable({ from: "all" })) console.log(line);
      return (await running).exitCode ?? 1;
    }),
  );
  const merged = await run({ stdio: "inherit" })("vitest", ["run", `--merge-reports=${blobs}`, ...REPORTERS]);
  return Math.max(...codes, merged.exitCode ?? 1);
}

async function runOne(names: readonly string[]): Promise<number> {
  const parameters = ["run", ...projects(names), ...REPORTERS, ...options];
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
process.on("SIGINT", () => {});
const wanted = chosen.length === 0 ? groups : chosen;
const lanes = [false, true]
  .map((isBeside) => wanted.filter((name) => BESIDE.includes(name) === isBeside))
  .filter((lane) => lane.length > 0);
const exitCode = lanes.length > 1 ? await runLanes(lanes) : await runOne(wanted);
const line = await closingLine(exitCode).catch(() => "0 passed, 1 failed");
console.log(line);
process.exitCode = exitCode;
