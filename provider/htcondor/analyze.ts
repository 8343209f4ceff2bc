import { CloudError } from "../errors.ts";
import { jobsWithIds } from "./classad.ts";
import type { Run } from "./run.ts";

/** More lines than these explain nothing to a person. */
const LINES_MAX = 8;

/**
 * HTCondor's own analysis of why a job stays idle (`condor_q -better-analyze`), the telling lines of it. Asks the
 * collector for every slot, so it is asked once a wait, not once a look. What it prints is for people and differs from
 * version to version: where nothing is recognised, or it fails, the answer is empty.
 */
export async function analyze(run: Run, id: string): Promise<string[]> {
  try {
    const outputs = [];
    for (const constraint of jobsWithIds([id])) {
      outputs.push(await run("condor_q", ["-better-analyze", "-constraint", constraint]));
    }
    return tellingLines(outputs.join("\n"));
  } catch (error) {
    if (error instanceof CloudError) return [];
    throw error;
  }
}

/** The conditions that no slot meets, and how many slots refuse or are taken. */
export function tellingLines(output: string): string[] {
  const conditions = [...output.matchAll(/^\[\d+\]\s+(?:0|never)\s+(\S.*)$/gm)].map(
    ([, condition = ""]) => `no slot meets ${condition.trim()}`,
  );
  const counts = [
    ...output.matchAll(/^\s+([1-9]\d*) ((?:are rejected by|reject your job|match but are serving)\b.*)$/gm),
  ].map(([, count, words = ""]) => `${count} ${words.trim()}`);
  return [...conditions, ...counts].slice(0, LINES_MAX).map((line) => `HTCondor: ${line}`);
}
