import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import type { NodeSlot } from "../htcondor/slots.ts";
import { placeMany } from "../instance/capacity.ts";
import { needsAnotherNode, neverFits } from "../instance/fit.ts";
import { needsOfInputs } from "../instance/job.ts";
import { beforeOf, type Knowledge, knowledgeOf, reportingNodes, warnOnce } from "../instance/knowledge.ts";
import type { Needs } from "../instance/needs.ts";
import { obstacles } from "../instance/obstacles.ts";
import { ignoredNote } from "../instance/retold.ts";
import type { Operation } from "../operation.ts";
import { checkFleet } from "./check.ts";
import { foreseeMembers } from "./foresee.ts";
import { type Kind, kindsOf } from "./kinds.ts";
import { checkMemberExpressions } from "./placement-check.ts";

type Properties = Readonly<Record<string, unknown>>;

/** A kind of machines and what each of them needs of a node. */
interface Asked {
  readonly kind: Kind;
  readonly needs: Needs;
}

/**
 * Checks what a program gave, and whether the pool can hold it: a kind of machine that no execute node could ever hold is
 * refused; that fewer fit now than must be ready is one warning. The pool is asked once, and not at all about members that
 * exist and stay: their nodes may be down.
 *
 * @param olds - the inputs of the resource as it is; empty for a new one
 */
export async function checkFleetInPool(
  inputs: Properties,
  unknown: ReadonlySet<string>,
  context: Context,
  olds: Properties,
  operation: Operation,
): Promise<CheckResult> {
  const result = await checkFleet(inputs, unknown, context);
  if (result.failures.length > 0) return result;
  const knowledge = knowledgeOf(context.pool);
  const before = beforeOf(knowledge, inputs.resourceUrn, olds);
  const note = before === undefined ? undefined : ignoredNote(before, result.inputs, unknown);
  if (note !== undefined) operation.note(`Of each member: ${note}`);

  const warn = (message: string) => warnOnce(knowledge, operation, message);
  result.failures.push(...(await checkMemberExpressions(result.inputs, before, unknown, context, warn)));
  if (result.failures.length > 0) return result;
  const kinds = kindsOf(result.inputs, before);
  result.failures.push(...(await foreseeMembers(kinds, context, warn)));
  if (result.failures.length > 0) return result;

  const asked = await askedOf(kinds, unknown, context);
  if (asked.length === 0) return result;
  const nodes = await reportingNodes(context.pool, knowledge, operation);
  if (nodes === undefined) return result;
  result.failures.push(...neverFitting(asked, nodes));
  if (result.failures.length > 0) return result;
  const warning = take(asked, result.inputs, before, nodes, knowledge);
  if (warning !== undefined) warn(warning);
  return result;
}

/** The kinds of which machines are made, or replaced by ones that may fit elsewhere, as far as their needs are known. */
async function askedOf(kinds: readonly Kind[], unknown: ReadonlySet<string>, context: Context): Promise<Asked[]> {
  const needed = kinds.filter(
    ({ added, before, inputs }) =>
      added.length > 0 || (before !== undefined && needsAnotherNode(before, inputs, unknown)),
  );
  const asked = await Promise.all(
    needed.map(async (kind) => ({ kind, needs: await needsOfInputs(kind.inputs, context) })),
  );
  return asked.flatMap(({ kind, needs }) => (needs === undefined ? [] : [{ kind, needs }]));
}

function neverFitting(asked: readonly Asked[], nodes: readonly NodeSlot[]): CheckResult["failures"] {
  return asked.flatMap(({ kind: { override }, needs }) => {
    const never = neverFits(needs, nodes);
    if (never === undefined) return [];
    if (override === undefined) return [never];
    return [{ property: "overrides", reason: `${override}.${never.property}: ${never.reason}` }];
  });
}

/** Takes places for the members that are to be made; says how many of them have to queue, where that are too many. */
function take(
  asked: readonly Asked[],
  { count, minReady }: Properties,
  before: Properties | undefined,
  nodes: readonly NodeSlot[],
  knowledge: Knowledge,
): string | undefined {
  const now = Date.now();
  const counted = knowledge.left === undefined ? "" : ", counting the machines of this program asked for before them";
  let left = knowledge.left ?? nodes;
  let [wanted, fitting] = [0, 0];
  let full: Needs | undefined;
  for (const { kind, needs } of asked) {
    const placement = placeMany(needs, kind.added.length, left, now);
    left = placement.left;
    wanted += kind.added.length;
    fitting += placement.placed;
    if (placement.placed < kind.added.length) full ??= needs;
  }
  knowledge.left = left;
  const standing = typeof before?.count === "number" ? before.count : 0;
  const must = Number(minReady ?? count);
  if (full === undefined || standing + fitting >= must) return undefined;
  const more = standing > 0 ? "more " : "";
  const remedy = minReady === undefined ? " `minReady` lets an operation succeed with some of them queueing." : "";
  return [`${wanted} ${more}machines asked for, ${fitting} fit now${counted}: the others have to queue.${remedy}`]
    .concat(obstacles(full, left, now))
    .join("\n  ");
}
