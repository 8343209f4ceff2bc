import { Placement } from "../../contract/placement.ts";
import { expressionFault } from "../htcondor/expression.ts";
import { by, type Checked, shown } from "./checked.ts";

/** Where a machine may and should run, as a program gives it: see `contract/placement.ts`. Default of each: none. */
export const PlacementInputs = Placement.shape;

/** The placement that inputs ask for; undefined where they ask for none. */
export function placementOf(inputs: Placement): Placement | undefined {
  const given = Object.keys(PlacementInputs).map((name) => [name, inputs[name as keyof Placement]] as const);
  const asked = given.filter(([, value]) => value !== undefined);
  return asked.length === 0 ? undefined : Placement.parse(Object.fromEntries(asked));
}

/** The inputs that are expressions. */
export const EXPRESSION_INPUTS = ["requirements", "rank"] as const;

/** The check of each of them, as far as that needs no pool ({@link checkExpressions} asks one). */
export function placementChecks(given: (property: string) => unknown): Record<string, () => Checked> {
  const checks = Object.entries(PlacementInputs).map(([name, schema]) => [
    name,
    () => by<unknown>(schema, given(name)),
  ]);
  const expressions = EXPRESSION_INPUTS.map((name) => [name, () => checkExpression(given(name))]);
  return Object.fromEntries([...checks, ...expressions]);
}

function checkExpression(given: unknown): Checked {
  const checked = by(PlacementInputs.rank, given);
  if ("reason" in checked || checked.value === undefined) return checked;
  const fault = expressionFault(checked.value);
  return fault === undefined ? checked : { reason: `${shown(given)}: ${fault}` };
}
