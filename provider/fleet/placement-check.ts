import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { checkExpressions } from "../instance/placement-check.ts";
import { isObject } from "./overrides.ts";

type Properties = Readonly<Record<string, unknown>>;

/**
 * Has HTCondor parse the expressions of a fleet's checked inputs, those of the template and of each override, each once.
 *
 * @param before - the fleet's inputs before this program; undefined for a new one
 */
export async function checkMemberExpressions(
  inputs: Properties,
  before: Properties | undefined,
  unknown: ReadonlySet<string>,
  context: Context,
  warn: (message: string) => void,
): Promise<CheckResult["failures"]> {
  const isNewPlace = before?.requirements !== inputs.requirements || Number(inputs.count) > Number(before?.count ?? 0);
  const failures = await checkExpressions(inputs, unknown, context, isNewPlace, warn);
  if (failures.length > 0 || unknown.has("overrides") || !isObject(inputs.overrides)) return failures;
  for (const [name, override] of Object.entries(inputs.overrides)) {
    if (!isObject(override)) continue;
    const found = await checkExpressions(override, new Set(), context, before === undefined, warn);
    failures.push(
      ...found.map(({ property, reason }) => ({ property: "overrides", reason: `${name}.${property}: ${reason}` })),
    );
  }
  return failures;
}
