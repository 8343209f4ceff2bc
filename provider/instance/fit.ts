import { foreseeAddresses } from "../address/foresee.ts";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import type { NodeSlot } from "../htcondor/slots.ts";
import type { Operation } from "../operation.ts";
import { place, sizeOf, whyNever } from "./capacity.ts";
import { checkInstance } from "./check.ts";
import { diffInstance } from "./diff.ts";
import { needsOfInputs } from "./job.ts";
import { beforeOf, type Knowledge, knowledgeOf, reportingNodes, warnOnce } from "./knowledge.ts";
import type { Needs } from "./needs.ts";
import { obstacles } from "./obstacles.ts";
import { checkExpressions } from "./placement-check.ts";
import { ignoredNote } from "./retold.ts";

type Properties = Readonly<Record<string, unknown>>;

/**
 * Checks what a program gave, and whether the pool can hold it: a machine that no execute node could ever hold is
 * refused, one for which all are busy is warned of. A pool that cannot be asked is one warning, so that a pipeline
 * without access can preview. A machine that exists and stays, or is to be adopted, is never asked about: its node may
 * be down.
 *
 * @param olds - the inputs of the resource as it is; empty for a new one
 */
export async function checkInstanceInPool(
  inputs: Properties,
  unknown: ReadonlySet<string>,
  context: Context,
  olds: Properties,
  operation: Operation,
): Promise<CheckResult> {
  const result = await checkInstance(inputs, unknown, context);
  const knowledge = knowledgeOf(context.pool);
  const before = beforeOf(knowledge, inputs.resourceUrn, olds);
  const note = before === undefined ? undefined : ignoredNote(before, result.inputs, unknown);
  if (note !== undefined && result.failures.length === 0) operation.note(note);
  if (result.failures.length > 0 || result.inputs.adopt !== undefined) return result;
  const warn = (message: string) => warnOnce(knowledge, operation, message);
  const isNewPlace = before?.requirements !== result.inputs.requirements || before === undefined;
  result.failures.push(...(await checkExpressions(result.inputs, unknown, context, isNewPlace, warn)));
  if (result.failures.length > 0) return result;
  if (before === undefined || needsOtherAddresses(before, result.inputs, unknown)) {
    result.failures.push(...(await foreseeAddresses(result.inputs, context, warn)));
    if (result.failures.length > 0) return result;
  }
  if (before !== undefined && !needsAnotherNode(before, result.inputs, unknown)) return result;
  const needs = await needsOfInputs(result.inputs, context);
  if (needs === undefined) return result;

  const nodes = await reportingNodes(context.pool, knowledge, operation);
  if (nodes === undefined) return result;
  const never = neverFits(needs, nodes);
  if (never !== undefined) {
    result.failures.push(never);
    return result;
  }
  // A replacement takes its predecessor's place, wherever that is.
  if (before === undefined) take(needs, nodes, knowledge, warn);
  return result;
}

/** What is wrong with a machine that no node could ever hold; undefined where one could. */
export function neverFits(needs: Needs, nodes: readonly NodeSlot[]): CheckResult["failures"][number] | undefined {
  const never = whyNever(needs, nodes);
  if (never === undefined) return undefined;
  const reason = `${never.reason}. Ask for what a node can hold, or the pool's administrator for one that can`;
  return { property: never.property, reason };
}

/** Takes a place for the machine, or warns that it has to queue. */
function take(needs: Needs, nodes: readonly NodeSlot[], knowledge: Knowledge, warn: (message: string) => void): void {
  const now = Date.now();
  const free = knowledge.left ?? nodes;
  const left = place(needs, free, now);
  if (left !== undefined) {
    knowledge.left = left;
    return;
  }
  const counted = knowledge.left === undefined ? "" : ", counting the machines of this program asked for before it";
  warn(
    [`A machine of ${sizeOf(needs)} has to queue: no execute node has room for it now${counted}.`]
      .concat(obstacles(needs, free, now))
      .join("\n  "),
  );
}

/** Whether the machine that is there is replaced by one that may fit elsewhere than it does. */
export function needsAnotherNode(before: Properties, news: Properties, unknown: ReadonlySet<string>): boolean {
  const { replaces } = diffInstance(before, news, unknown);
  return replaces.includes("profile") || replaces.includes("image");
}

/** Whether the machine that is there is replaced by one with other addresses. */
export function needsOtherAddresses(before: Properties, news: Properties, unknown: ReadonlySet<string>): boolean {
  const { replaces } = diffInstance(before, news, unknown);
  return ["macAddress", "network", "address", "interfaces"].some((property) => replaces.includes(property));
}
