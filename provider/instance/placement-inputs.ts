import { Placement } from "../../contract/placement.ts";

/** Where a machine may and should run, as a program gives it: see `contract/placement.ts`. Default of each: none. */
export const PlacementInputs = Placement.shape;

/** The placement that inputs ask for; undefined where they ask for none. */
export function placementOf(inputs: Placement): Placement | undefined {
  const given = Object.keys(PlacementInputs).map((name) => [name, inputs[name as keyof Placement]] as const);
  const asked = given.filter(([, value]) => value !== undefined);
  return asked.length === 0 ? undefined : Placement.parse(Object.fromEntries(asked));
}
