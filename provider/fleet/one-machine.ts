import { MAIN_INTERFACE } from "../../contract/interfaces.ts";
import { networkPartOf } from "../address/check.ts";
import { givenMacsOf, propertyOf, type Wired, wishesOf } from "../address/wishes.ts";
import type { CheckResult } from "../check.ts";
import { memberNumber } from "./inputs.ts";
import { isObject } from "./overrides.ts";

/** What is about a machine's network cards. */
const WIRED = ["network", "macAddress", "address", "interfaces"];

/** An address or a MAC address that only one machine can have. */
interface Single {
  /** `address`, `interfaces.inside.macAddress`, …. */
  readonly path: string;
  readonly value: string;
}

/**
 * Two members never share an address or a MAC address: what a template says of one counts for all of them.
 *
 * @param inputs - a fleet's, checked; what is not known yet counts nothing
 */
export function sharedByMembers(inputs: Readonly<Record<string, unknown>>): CheckResult["failures"] {
  const template = networkPartOf(inputs);
  if (template === undefined) return [];
  const overrides = Object.entries(isObject(inputs.overrides) ? inputs.overrides : {}).flatMap(([name, override]) => {
    const isWired = isObject(override) && WIRED.some((property) => Object.hasOwn(override, property));
    const wired = isWired ? networkPartOf({ ...inputs, ...override }) : undefined;
    return wired === undefined ? [] : [{ name, wired }];
  });
  const plain = numberOfPlain(
    inputs,
    overrides.map(({ name }) => name),
  );
  const [single] = singlesOf(template);
  if (single !== undefined && plain > 1) {
    const expected = `${plain} members would have it, and only one machine can; give it to one member in \`overrides\``;
    return [
      { property: propertyIn(single.path), reason: `${single.value}: ${expected}, or \`address: "auto"\` to all` },
    ];
  }
  const first = new Map(plain === 1 ? singlesOf(template).map(({ value }) => [value, "the template"]) : []);
  return overrides.flatMap(({ name, wired }) =>
    singlesOf(wired).flatMap(({ path, value }) => {
      const other = first.get(value);
      first.set(value, other ?? name);
      if (other === undefined || other === name) return [];
      return [{ property: "overrides", reason: `${name}.${path} "${value}": is that of ${other} already` }];
    }),
  );
}

/** How many members there are of which no override says anything about network cards. */
function numberOfPlain({ count, namePrefix }: Readonly<Record<string, unknown>>, overridden: string[]): number {
  if (typeof count !== "number" || typeof namePrefix !== "string") return 0;
  const numbers = overridden.map((name) => memberNumber(namePrefix, name) ?? count);
  return count - numbers.filter((number) => number < count).length;
}

function singlesOf(wired: Wired): Single[] {
  const wishes = wishesOf(wired).flatMap(({ name, address, macAddress }) => [
    ...(address === "auto" ? [] : [{ path: propertyOf(name, "address"), value: address }]),
    ...(macAddress === undefined ? [] : [{ path: propertyOf(name, "macAddress"), value: macAddress }]),
  ]);
  const macs = [...givenMacsOf(wired)].map(([name, value]) => ({ path: propertyOf(name, "macAddress"), value }));
  return [...wishes, ...macs];
}

function propertyIn(path: string): string {
  return path.split(".")[0] ?? MAIN_INTERFACE;
}
