import { appendFile, readFile } from "node:fs/promises";
import { inject } from "vitest";
import { z } from "zod";
import { table } from "../../../cli/table.ts";

/** One line of a group's closing table. */
const Result = z.object({
  /** What was tried, in a few words. */
  tried: z.string(),
  /** What came of it. */
  happened: z.string(),
  /** From the deed until all was as it should be; absent where there was nothing to wait for. */
  secondsToConverge: z.number().optional(),
});
export type Result = z.infer<typeof Result>;

/** Adds a line to the table that the group prints at its end, and prints it now. */
export async function record(result: Result): Promise<void> {
  await appendFile(inject("results"), `${JSON.stringify(result)}\n`);
  console.log([result.tried, result.happened, secondsOf(result)].filter((part) => part !== "").join(" · "));
}

/** Prints what a group recorded; nothing where it recorded nothing. */
export async function printResults(group: string, file: string): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => "");
  const results = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Result.parse(JSON.parse(line)))
    .sort((a, b) => a.tried.localeCompare(b.tried));
  if (results.length === 0) return;
  const rows = results.map((result) => [result.tried, result.happened, secondsOf(result)]);
  console.log(`\n${group}\n${table(["TRIED", "HAPPENED", "SECONDS"], rows)}\n`);
}

function secondsOf({ secondsToConverge }: Result): string {
  return secondsToConverge === undefined ? "" : secondsToConverge.toFixed(1);
}
