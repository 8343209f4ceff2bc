import { jobIdOf } from "../../contract/global-job-id.ts";
import { PLACEMENT_ATTRIBUTE } from "../../contract/placement.ts";
import { CloudError } from "../errors.ts";
import { jobsWithIds } from "./classad.ts";
import type { Run } from "./run.ts";

/** More lines than these explain nothing to a person. */
const LINES_MAX = 8;

/** HTCondor weighs each job against each slot: of more jobs than these the others are told nothing. */
const JOBS_MAX = 20;

/**
 * HTCondor's own analysis of why jobs stay idle (`condor_q -better-analyze`), the telling lines of it by the jobs' ids.
 * Asks the collector for every slot, so it is asked once a wait, not once a look. What it prints is for people and
 * differs from version to version: where nothing is recognised, or it fails, the answer is empty.
 */
export async function analyzeEach(run: Run, ids: readonly string[]): Promise<Map<string, string[]>> {
  try {
    const outputs = [];
    for (const constraint of jobsWithIds(ids.slice(0, JOBS_MAX))) {
      outputs.push(await run("condor_q", ["-better-analyze", "-constraint", constraint]));
    }
    const byJob = partsOf(outputs.join("\n"));
    return new Map(ids.map((id) => [id, tellingLines(byJob.get(jobIdOf(id)) ?? "")]));
  } catch (error) {
    if (error instanceof CloudError) return new Map();
    throw error;
  }
}

/** What an analysis says of each job, by `cluster.proc`; it writes job 1.0 as `1.000`. */
export function partsOf(output: string): Map<string, string> {
  const [, ...parts] = output.split(/^The Requirements expression for job (\d+\.\d+) is$/m);
  const byJob = new Map<string, string>();
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const number = parts[index]?.split(".").map(Number).join(".") ?? "";
    byJob.set(number, parts[index + 1] ?? "");
  }
  return byJob;
}

/** Parts of a condition that is about a machine that was evicted: they are to be false for every other. */
const HARMLESS = new RegExp(`${PLACEMENT_ATTRIBUTE.onEviction}|JobCurrentStartExecutingDate`);

/** The conditions that no slot meets, how many slots refuse or are taken, and why the negotiator gave it none. */
export function tellingLines(output: string): string[] {
  const conditions = [...output.matchAll(/^\[\d+\]\s+(?:0|never)\s+(\S.*)$/gm)]
    .filter(([, condition = ""]) => !HARMLESS.test(condition))
    .map(([, condition = ""]) => `no slot meets ${condition.trim()}`);
  const counts = [
    ...output.matchAll(/^\s+([1-9]\d*) ((?:are rejected by|reject your job|match but are serving)\b.*)$/gm),
  ].map(([, count, words = ""]) => `${count} ${words.trim()}`);
  // "no match found" says no more than that it waits.
  const reasons = [...output.matchAll(/^Reason for last match failure: (?!no match found)(\S.*)$/gm)].map(
    ([, reason = ""]) => `the last match failed: ${reason.trim()}`,
  );
  return [...conditions, ...counts, ...reasons].slice(0, LINES_MAX).map((line) => `HTCondor: ${line}`);
}
