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

/** The closing line; a file that could not even be loaded counts as one failed test. */
async function closingLine(): Promise<string> {
  const parsed = Report.parse(JSON.parse(await readFile(report, "utf8")));
  const broken = parsed.testResults.filter((file) => file.status === "failed" && file.message !== "").length;
  const failed = Math.max(parsed.numFailedTests, broken);
  const skipped = parsed.numPendingTests > 0 ? `, ${parsed.numPendingTests} skipped` : "";
  return `${parsed.numPassedTests} passed, ${failed} failed${skipped}`;
}

const parameters = process.argv.slice(2);
const isFull = parameters.includes("--full");
const { chosen, options } = parse(parameters.filter((parameter) => parameter !== "--full"));
await rm(report, { force: true });
// Ctrl-C reaches vitest too; it tears down what the tests set up, and this process waits for that.
process.on("SIGINT", () => {});
const vitest = await execa(
  "vitest",
  [
    "run",
    ...chosen.flatMap((name) => ["--project", name]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...options,
  ],
  {
    cwd: root,
    preferLocal: true,
    stdio: "inherit",
    reject: false,
    env: isFull ? { CONDOR_CLOUD_TEST_FULL: "1" } : {},
  },
);
const line = await closingLine().catch(() => "0 passed, 1 failed");
console.log(line);
process.exitCode = vitest.exitCode ?? 1;
