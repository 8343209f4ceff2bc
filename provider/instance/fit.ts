import { foreseeAddresses } from "../address/foresee.ts";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import type { Pool } from "../htcondor/pool.ts";
import type { NodeSlot } from "../htcondor/slots.ts";
import type { Operation } from "../operation.ts";
import { place, sizeOf, whyNever } from "./capacity.ts";
import { checkInstance } from "./check.ts";
import { diffInstance } from "./diff.ts";
import { needsOfInputs } from "./job.ts";
import type { Needs } from "./needs.ts";
import { obstacles } from "./obstacles.ts";
import { ignoredNote } from "./retold.ts";

type Properties = Readonly<Record<string, unknown>>;

/** What one process knows of its pool. */
interface Known {
  /** Asked for once, however many machines are checked. */
  asked: { readonly nodes: Promise<readonly NodeSlot[] | CloudError>; readonly atMilliseconds: number } | undefined;
  /** The nodes less what machines need that were checked before; undefined where none was. */
  left: readonly NodeSlot[] | undefined;
  /** What was warned of already. */
  readonly warned: Set<string>;
  /** By URN, the inputs that resources had before. Pulumi checks a replacement once more, as if it were new. */
  readonly before: Map<unknown, Properties>;
}

/** A process that lives longer than one operation asks again. */
const FRESH_MILLISECONDS = 30_000;

const known = new WeakMap<Pool, Known>();

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
  const warnOnce = (message: string) => {
    if (!knowledge.warned.has(message)) operation.warn(message);
    knowledge.warned.add(message);
  };
  if (before === undefined || needsOtherAddresses(before, result.inputs, unknown)) {
    result.failures.push(...(await foreseeAddresses(result.inputs, context, warnOnce)));
    if (result.failures.length > 0) return result;
  }
  if (before !== undefined && !needsAnotherNode(before, result.inputs, unknown)) return result;
  const needs = await needsOfInputs(result.inputs, context);
  if (needs === undefined) return result;

  const nodes = await nodesOf(context.pool, knowledge);
  if (nodes instanceof CloudError) {
    warnOnce(`The pool cannot be asked; the preview goes on without knowing the pool's capacity.\n  ${nodes.message}`);
    return result;
  }
  if (nodes.length === 0) {
    warnOnce("No execute node of Condor Cloud reports to the pool: machines queue until one does.");
    return result;
  }
  const never = whyNever(needs, nodes);
  if (never !== undefined) {
    const reason = `${never.reason}. Ask for what a node can hold, or the pool's administrator for one that can`;
    result.failures.push({ property: never.property, reason });
    return result;
  }
  // A replacement takes its predecessor's place, wherever that is.
  if (before === undefined) take(needs, nodes, knowledge, warnOnce);
  return result;
}

/** Takes a place for the machine, or warns that it has to queue. */
function take(needs: Needs, nodes: readonly NodeSlot[], knowledge: Known, warn: (message: string) => void): void {
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
function needsAnotherNode(before: Properties, news: Properties, unknown: ReadonlySet<string>): boolean {
  const { replaces } = diffInstance(before, news, unknown);
  return replaces.includes("profile") || replaces.includes("image");
}

/** Whether the machine that is there is replaced by one with other addresses. */
function needsOtherAddresses(before: Properties, news: Properties, unknown: ReadonlySet<string>): boolean {
  const { replaces } = diffInstance(before, news, unknown);
  return ["macAddress", "network", "address", "interfaces"].some((property) => replaces.includes(property));
}

/** The inputs that the resource had before this program; undefined for a new one. */
function beforeOf({ before }: Known, urn: unknown, olds: Properties): Properties | undefined {
  if (Object.keys(olds).length > 0) before.set(urn, olds);
  return before.get(urn);
}

function knowledgeOf(pool: Pool): Known {
  const latest = known.get(pool) ?? { asked: undefined, left: undefined, warned: new Set(), before: new Map() };
  known.set(pool, latest);
  return latest;
}

/** The pool's nodes, or why they cannot be told. */
function nodesOf(pool: Pool, knowledge: Known): Promise<readonly NodeSlot[] | CloudError> {
  const now = Date.now();
  if (knowledge.asked !== undefined && now - knowledge.asked.atMilliseconds < FRESH_MILLISECONDS) {
    return knowledge.asked.nodes;
  }
  const nodes = pool.nodes().catch((error: unknown) => {
    if (error instanceof CloudError) return error;
    throw error;
  });
  knowledge.asked = { nodes, atMilliseconds: now };
  knowledge.left = undefined;
  return nodes;
}
