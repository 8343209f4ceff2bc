import { PLACEMENT_ATTRIBUTE } from "../../contract/placement.ts";
import { nodeSlots } from "./classad.ts";
import { CommandFailedError } from "./errors.ts";
import { editValue, submitExpression } from "./expression.ts";
import { parseAds } from "./output.ts";
import type { Run } from "./run.ts";

/** Nobody waits long for what only helps a preview. */
const DEADLINE_SECONDS = 10;

/**
 * HTCondor's words on why a text is no expression; undefined where it is one. It is parsed by a submission that is not sent
 * (HTCondor manual, "condor_submit", `-dry-run`), which asks no daemon.
 */
export async function parseExpression(run: Run, text: string): Promise<string | undefined> {
  const description = [
    "executable = /bin/true",
    "transfer_executable = false",
    `+${PLACEMENT_ATTRIBUTE.requirements} = ${submitExpression(text)}`,
    "queue",
    "",
  ].join("\n");
  const within = { input: description, isOffline: true, deadlineSeconds: DEADLINE_SECONDS };
  try {
    await run("condor_submit", ["-dry-run", "-", "-"], within);
    return undefined;
  } catch (error) {
    const isNone = error instanceof CommandFailedError && /Parse error in expression/i.test(error.why ?? "");
    if (isNone)
      return (error.why ?? "").replace(/\s*\n\s*/g, " ").replace(`${PLACEMENT_ATTRIBUTE.requirements} = `, "");
    throw error;
  }
}

/** A text or a quoted name, or the scope by which a job's expression speaks of the slot. */
const TARGET = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\w.])TARGET\s*\./gi;

/**
 * Requirements of a job as a constraint for slots: for the collector the slot itself is `MY`, and there is no `TARGET`
 * (measured on 23.9).
 */
export function slotConstraint(requirements: string): string {
  return requirements.replace(TARGET, (part) => (/^["']/.test(part) ? part : "MY."));
}

/** Whether any execute node of ours meets a machine's requirements now, if they speak of slots alone. */
export async function isMetByAny(run: Run, requirements: string): Promise<boolean> {
  const constraint = `(${nodeSlots()}) && (${editValue({ expression: slotConstraint(requirements) })})`;
  const options = ["-json", "-attributes", "Name", "-constraint", constraint];
  return (
    parseAds("condor_status", await run("condor_status", options, { deadlineSeconds: DEADLINE_SECONDS })).length > 0
  );
}

/** What of an expression may be the job's own: a scope, and names that jobs have and slots mean otherwise or not at all. */
const OF_THE_JOB =
  /(?<![\w.])(?:MY\s*\.|(?:Job|Request|Cloud|VirtualMachine|Num|Q)\w*|Owner|User|ClusterId|ProcId|Rank)/i;

/** Whether an expression only speaks of slots, as far as that can be told; what stands in its texts does not count. */
export function isAboutSlotsAlone(expression: string): boolean {
  return !OF_THE_JOB.test(expression.replace(/"(?:[^"\\]|\\.)*"/g, '""'));
}
