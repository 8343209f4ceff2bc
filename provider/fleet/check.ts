import type { z } from "zod";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { checkInstance } from "../instance/check.ts";
import { by, type Checked, shown } from "../instance/checked.ts";
import { logicalNameOf, ResourceUrn } from "../instance/resource-urn.ts";
import {
  DEFAULT_MEMBER_QUEUE_SECONDS,
  FleetInputs,
  memberName,
  memberNumber,
  NamePrefix,
  Template,
  UpdateStrategy,
} from "./inputs.ts";
import { sharedByMembers } from "./one-machine.ts";
import { type CheckedTemplate, checkOverrides, memberUrnOf, noMember } from "./overrides.ts";

/** What the shell puts in, and no program. */
const PUT_IN = ["resourceUrn", "timeouts"];

/** What a program can say of a fleet. */
const ARGUMENTS = Object.keys(FleetInputs.shape).filter((name) => !PUT_IN.includes(name));

/** What of it is every member's, and of an instance's the times that a fleet has, too. */
const MACHINE = [...Object.keys(Template.shape).filter((name) => name !== "macAddress"), "timeoutSeconds", "timeouts"];

/** What stands for the number of a member whose name nobody knows yet: the longest. */
const ANY_NUMBER = 99_999;

/** What stands for the prefix of a fleet whose own is wrong or not known yet. */
const ANY_PREFIX = "fleet";

/**
 * Checks what a program gave and fills in every default, so that create, diff and the state see whole inputs. Reports all
 * that is wrong, not the first; what is wrong with an override, under `overrides` with its path in the reason.
 *
 * @param unknown - inputs whose values a preview does not know yet: taken as they are
 */
export async function checkFleet(
  inputs: Readonly<Record<string, unknown>>,
  unknown: ReadonlySet<string>,
  context: Context,
): Promise<CheckResult> {
  const given = (property: string) => (unknown.has(property) ? undefined : (inputs[property] ?? undefined));
  const urn = by(ResourceUrn, inputs.resourceUrn);
  const namePrefix = unknown.has("namePrefix") ? undefined : checkNamePrefix(given("namePrefix"), urn);
  const prefix = namePrefix !== undefined && "value" in namePrefix ? namePrefix.value : undefined;
  const count = by(FleetInputs.shape.count, given("count"));

  const machine = only(inputs, MACHINE);
  const example = memberName(prefix ?? ANY_PREFIX, ANY_NUMBER);
  const template: CheckedTemplate = {
    ...{ inputs: { ...machine, resourceUrn: inputs.resourceUrn }, unknown, namePrefix: prefix },
    checked: await checkInstance(
      { ...machine, resourceUrn: memberUrnOf(inputs.resourceUrn, example), name: example },
      unknown,
      context,
    ),
  };
  const own: Record<string, () => Checked | undefined | Promise<Checked>> = {
    count: () => count,
    namePrefix: () => namePrefix,
    overrides: () => checkOverrides(given("overrides") ?? {}, template, context),
    updateStrategy: () => by(UpdateStrategy, given("updateStrategy") ?? {}),
    minReady: () => checkMinReady(given("minReady"), unknown.has("count") ? undefined : count),
    maxQueueSeconds: () =>
      by(FleetInputs.shape.maxQueueSeconds, given("maxQueueSeconds") ?? DEFAULT_MEMBER_QUEUE_SECONDS),
    removeFirst: () => checkRemoveFirst(given("removeFirst") ?? [], prefix),
  };

  const { name: _name, ...checked } = template.checked.inputs;
  const result: CheckResult = {
    inputs: { ...checked, resourceUrn: inputs.resourceUrn },
    failures: template.checked.failures.filter(({ property }) => property !== "name"),
  };
  for (const [property, check] of Object.entries(own)) {
    const answer = unknown.has(property) ? { value: inputs[property] } : await check();
    if (answer === undefined) continue;
    if ("reason" in answer) result.failures.push({ property, reason: answer.reason });
    const value = "reason" in answer ? inputs[property] : answer.value;
    if (value !== undefined) result.inputs[property] = value;
  }
  for (const property of Object.keys(inputs)) {
    if (ARGUMENTS.includes(property) || PUT_IN.includes(property) || given(property) === undefined) continue;
    result.failures.push({ property, reason: `is no argument of a fleet; there are ${ARGUMENTS.join(", ")}` });
  }
  if (result.failures.length === 0) result.failures.push(...sharedByMembers(result.inputs));
  return result;
}

function only(inputs: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in inputs).map((name) => [name, inputs[name]]));
}

function checkNamePrefix(given: unknown, urn: Checked<string>): Checked<string | undefined> {
  if (given !== undefined) return by(NamePrefix, given);
  if ("reason" in urn) return { value: undefined };
  const name = NamePrefix.safeParse(logicalNameOf(urn.value));
  if (name.success) return { value: name.data };
  return {
    reason: `the resource's name ${shown(logicalNameOf(urn.value))} cannot be what the members' names begin with: it ${firstIssue(name.error)}; give another with the argument \`namePrefix\``,
  };
}

/** @param count - undefined where it is not known yet */
function checkMinReady(given: unknown, count: Checked<number> | undefined): Checked {
  const minReady = by(FleetInputs.shape.minReady, given);
  if ("reason" in minReady || minReady.value === undefined) return minReady;
  if (count === undefined || "reason" in count || minReady.value <= count.value) return minReady;
  return { reason: `${minReady.value}: must be at most count, which is ${count.value}: no more members can be ready` };
}

/** @param namePrefix - undefined where it is wrong or not known yet: every name may be a member's then */
function checkRemoveFirst(given: unknown, namePrefix: string | undefined): Checked {
  const names = by(FleetInputs.shape.removeFirst, given);
  if ("reason" in names || namePrefix === undefined) return names;
  const strangers = names.value.filter((name) => memberNumber(namePrefix, name) === undefined);
  if (strangers.length === 0) return names;
  return { reason: `${strangers.map(shown).join(", ")}: ${noMember(namePrefix)}` };
}

function firstIssue(error: z.ZodError): string {
  return error.issues[0]?.message ?? "is malformed";
}
