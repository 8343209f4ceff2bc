import { classAdLiteral } from "../../contract/classad.ts";
import { type OnEviction, PLACEMENT_ATTRIBUTE, type Placement, SPREAD_WEIGHT } from "../../contract/placement.ts";
import { type AttributeValue, submitExpression } from "./expression.ts";

/**
 * How a placement is said to HTCondor. A person's expressions are attributes of their own, which requirements and rank
 * refer to: HTCondor parses each alone, so that none can end early and change what stands around it, and whatever
 * attributes it names, `condor_submit` still adds to the requirements all that it adds by itself (measured: it leaves out
 * `TARGET.HasVM` and others where the requirements name them).
 */
const { requirements, rank, spread, onEviction } = PLACEMENT_ATTRIBUTE;

/** What becomes of a machine that loses its node where nothing is said. */
export const DEFAULT_ON_EVICTION: OnEviction = "requeue";

/** The priority of a job where nothing is said, as HTCondor has it. */
export const DEFAULT_PRIORITY = 0;

/** What HTCondor gives as `RemoveReason` where a machine lost its node and was not to start elsewhere. */
export const EVICTED_REASON = "It lost its node.";

/**
 * The machine ran, its node lost it, and it is not to run elsewhere. True the moment the job is idle again, because
 * HTCondor removes it only up to a minute later. `JobCurrentStartExecutingDate` comes to the queue within a second of the
 * domain's start and stays (measured); a node that refuses a machine or fails to start it sets none.
 */
export const EVICTED = `${onEviction} =?= "fail" && JobStatus == 1 && JobCurrentStartExecutingDate =!= undefined`;

/**
 * A node's rank: what a person says; then, where machines are to be apart or together, how many the node has; then whether
 * it has the image; then how full it is, which packs machines as the negotiator does by default.
 *
 * @param hasImage - an expression
 */
export function rankOf(hasImage: string): string {
  return [
    // A startd that has no rank of its own takes the job's, and throws off whoever it ranks below 0 (measured).
    "10000.0",
    `1000000.0 * (real(${rank}) ?: 0.0)`,
    `2.0 * (${spread} ?: 0) * (TARGET.NumDynamicSlots ?: 0)`,
    `ifThenElse((${hasImage}) =?= true, 1.0, 0.0)`,
    "-0.0001 * (TARGET.Cpus ?: 0)",
  ].join(" + ");
}

/** The requirements that a placement adds, as expressions. */
export function placementRequirements(placement: Placement | undefined): string[] {
  return [`(${EVICTED}) =!= true`, ...(placement?.requirements === undefined ? [] : [requirements])];
}

/** The commands that say where a machine runs: the same for all jobs of one submission. */
export function placementCommands(placement: Placement = {}): string[] {
  const { JobPrio: _command, ...attributes } = changeablePlacement(placement);
  return [
    ...Object.entries(attributes).map(([name, value]) => `+${name} = ${submitValue(value)}`),
    ...(placement.requirements === undefined ? [] : [`+${requirements} = ${submitExpression(placement.requirements)}`]),
    ...(placement.accountingGroup === undefined ? [] : [`accounting_group = ${placement.accountingGroup}`]),
    `priority = ${placement.priority ?? DEFAULT_PRIORITY}`,
  ];
}

/** What changes in place of a placement, as attributes of the job; what is not said has HTCondor's default. */
export function changeablePlacement(placement: Placement = {}): Record<string, AttributeValue> {
  return {
    [rank]: { expression: placement.rank ?? "undefined" },
    [spread]: placement.spread === undefined ? 0 : SPREAD_WEIGHT[placement.spread],
    [onEviction]: placement.onEviction ?? DEFAULT_ON_EVICTION,
    JobPrio: placement.priority ?? DEFAULT_PRIORITY,
  };
}

function submitValue(value: AttributeValue): string {
  return typeof value === "object" ? submitExpression(value.expression) : classAdLiteral(value);
}
