import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { checkInstance } from "../instance/check.ts";
import { type Checked, kindOf, shown } from "../instance/checked.ts";
import { memberName, memberNumber, Template } from "./inputs.ts";

type Properties = Readonly<Record<string, unknown>>;

/** What an override can say. */
const ARGUMENTS = Object.keys(Template.shape);

/** Of so many things that are wrong with overrides all are told. */
const REASONS_MAX = 8;

/** A fleet's template, as far as overrides are checked against it. */
export interface CheckedTemplate {
  /** As the program gave it, with the fleet's URN. */
  readonly inputs: Properties;
  readonly unknown: ReadonlySet<string>;
  /** Undefined where it is wrong or not known yet: every name may be a member's then. */
  readonly namePrefix: string | undefined;
  readonly checked: CheckResult;
}

/**
 * Checks what single members have otherwise, each as the machine that comes of it. Handed on is what was given, as it was
 * checked: no defaults, so that the template counts for the rest.
 */
export async function checkOverrides(given: unknown, template: CheckedTemplate, context: Context): Promise<Checked> {
  if (!isObject(given)) return { reason: `${kindOf(given)}: must be an object, by members' names` };
  const checked = await Promise.all(
    Object.entries(given).map(async ([name, override]) => {
      const answer = await checkOverride(name, override, template, context);
      return { name, ...answer };
    }),
  );
  const reasons = checked.flatMap((each) => each.reasons);
  if (reasons.length === 0) return { value: Object.fromEntries(checked.map(({ name, value }) => [name, value])) };
  const more = reasons.length > REASONS_MAX ? [`and ${reasons.length - REASONS_MAX} more`] : [];
  return { reason: [...reasons.slice(0, REASONS_MAX), ...more].join("; ") };
}

/** What members are named instead. */
export function noMember(namePrefix: string): string {
  return `no member of this fleet has such a name; they are named ${memberName(namePrefix, 0)}, ${memberName(namePrefix, 1)}, …`;
}

/** What stands for a member's URN; what is no URN is left to the check of the fleet's. */
export function memberUrnOf(fleetUrn: unknown, name: string): unknown {
  return typeof fleetUrn === "string" ? `${fleetUrn}#${name}` : fleetUrn;
}

async function checkOverride(
  name: string,
  override: unknown,
  { inputs, unknown, namePrefix, checked: template }: CheckedTemplate,
  context: Context,
): Promise<{ value: Properties; reasons: string[] }> {
  const reasons: string[] = [];
  if (namePrefix !== undefined && memberNumber(namePrefix, name) === undefined) {
    reasons.push(`${shown(name)}: ${noMember(namePrefix)}`);
  }
  if (!isObject(override)) {
    const expected = "must be an object with what the member has otherwise than the template says";
    return { value: {}, reasons: [...reasons, `${name} ${kindOf(override)}: ${expected}`] };
  }
  const given = Object.entries(override).filter(([, value]) => (value ?? undefined) !== undefined);
  for (const [property] of given.filter(([each]) => !ARGUMENTS.includes(each))) {
    reasons.push(`${name}.${property}: is no argument of a member; there are ${ARGUMENTS.join(", ")}`);
  }
  const own = Object.fromEntries(given.filter(([property]) => ARGUMENTS.includes(property)));
  const result = await checkInstance(
    { ...inputs, ...own, name, resourceUrn: memberUrnOf(inputs.resourceUrn, name) },
    new Set([...unknown].filter((property) => !Object.hasOwn(own, property))),
    context,
  );
  const isTold = (property: string) =>
    property === "name" ||
    (!Object.hasOwn(own, property) && template.failures.some((failure) => failure.property === property));
  for (const { property, reason } of result.failures) {
    if (!isTold(property)) reasons.push(`${name}.${property}: ${reason}`);
  }
  return {
    value: Object.fromEntries(Object.keys(own).map((property) => [property, result.inputs[property]])),
    reasons,
  };
}

/** Whether a value has properties by name. */
export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
