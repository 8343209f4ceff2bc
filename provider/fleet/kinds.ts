import { isDeepStrictEqual } from "node:util";
import { FleetInputs, memberName, memberNumber } from "./inputs.ts";
import { isObject } from "./overrides.ts";

type Properties = Readonly<Record<string, unknown>>;

/** What a machine needs of the pool. */
const NEEDS = ["image", "profile", "network", "macAddress", "address", "interfaces"];

/** Members that need the same of the pool, as far as checked inputs tell. */
export interface Kind {
  /** The member whose override it is; undefined: the template's. */
  readonly override: string | undefined;
  /** What a machine of it is made of. */
  readonly inputs: Properties;
  /** Its inputs before this program; undefined where there was none. */
  readonly before: Properties | undefined;
  /** The members of it that are to be made because the fleet is new or grows. */
  readonly added: readonly string[];
}

/**
 * The kinds of machines that a fleet is made of: the template's, and that of each override that says something of it.
 *
 * @param inputs - checked
 * @param before - the fleet's inputs before this program; undefined for a new one
 */
export function kindsOf(inputs: Properties, before: Properties | undefined): Kind[] {
  const { count, namePrefix } = FleetInputs.pick({ count: true, namePrefix: true }).safeParse(inputs).data ?? {};
  if (count === undefined || namePrefix === undefined) return [];
  const overrides = needsIn(inputs.overrides);
  const beforeOverrides = needsIn(before?.overrides);
  const first = typeof before?.count === "number" ? before.count : 0;
  const added = Array.from({ length: Math.max(0, count - first) }, (_, index) => memberName(namePrefix, first + index));
  const isPlain = (name: string) => !overrides.has(name);
  const template = { override: undefined, inputs, before, added: added.filter(isPlain) };
  const own = [...overrides].map(([name, override]) => ({
    override: name,
    inputs: { ...inputs, ...override },
    before: before && { ...before, ...beforeOverrides.get(name) },
    added: added.filter((each) => each === name),
  }));
  const isThere = ({ override }: Kind) =>
    override === undefined || (memberNumber(namePrefix, override) ?? count) < count;
  return count === 0 ? [] : [template, ...own].filter(isThere);
}

/** Of each override what it says that a machine needs; those that say nothing of it are left out. */
function needsIn(overrides: unknown): Map<string, Properties> {
  const all = Object.entries(isObject(overrides) ? overrides : {});
  return new Map(
    all.flatMap(([name, override]): [string, Properties][] => {
      const needs = Object.entries(isObject(override) ? override : {}).filter(([property]) => NEEDS.includes(property));
      return needs.length === 0 ? [] : [[name, Object.fromEntries(needs)]];
    }),
  );
}

/** Whether the program asks for other machines of a kind than before. */
export function isOtherKind({ inputs, before }: Kind): boolean {
  return before === undefined || NEEDS.some((property) => !isDeepStrictEqual(before[property], inputs[property]));
}
