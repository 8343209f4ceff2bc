import type { z } from "zod";
import { DIFF_TABLE, type DiffResult, differs, needsRenewal, type Row } from "../instance/diff.ts";
import { logicalNameOf, ResourceUrn } from "../instance/resource-urn.ts";
import { isAtRest } from "../instance/state.ts";
import { DEFAULT_MEMBER_QUEUE_SECONDS, UpdateStrategy } from "./inputs.ts";
import { Member } from "./outputs.ts";
import { isObject } from "./overrides.ts";

type Inputs = Readonly<Record<string, unknown>>;

/** What the state says of a member, as far as it tells whether the fleet is finished. */
const Seen = Member.pick({ state: true, startedAt: true, ready: true, upToDate: true, leaseEndsAt: true });
type Seen = z.infer<typeof Seen>;

/** The rows of an instance's table that mean the same of a template: a change replaces or changes members, in place. */
const TEMPLATE = DIFF_TABLE.filter(({ property }) => !["name", "macAddress", "maxQueueSeconds"].includes(property));

/** A member's MAC address is the one that its override says, or the derived one: that of the state tells nothing. */
const MAC_ADDRESS: Row = { property: "macAddress", change: "replace", meaning: (inputs) => inputs.macAddress };

/**
 * What a change of a fleet's own inputs means. Absent means default. Only another prefix replaces the fleet: its members
 * would all have other names.
 *
 * | input | a change means |
 * |---|---|
 * | `namePrefix` | replacement; two default prefixes are equal: a renamed resource keeps its fleet |
 * | what the template replaces an instance for | in place: members are replaced, as `updateStrategy` says |
 * | what it changes of an instance in place | in place: all members' jobs are edited |
 * | `overrides` | in place, by what each member comes to: one that says what the template says is no change |
 * | `count` | in place: members are made or removed |
 * | `updateStrategy`, `minReady`, `maxQueueSeconds`, `removeFirst`, `timeoutSeconds`, `timeouts` | in place: the state alone |
 *
 * Beside the inputs, a fleet that the state knows to be unfinished is a change in place; see {@link isUnfinished}.
 */
const OWN: readonly Row[] = [
  {
    property: "namePrefix",
    change: "replace",
    meaning: (inputs) => inputs.namePrefix,
    counts: (...pair) => !pair.every(isNamedByDefault),
  },
  { property: "count", change: "in place", meaning: (inputs) => inputs.count },
  {
    property: "updateStrategy",
    change: "in place",
    meaning: (inputs) => UpdateStrategy.safeParse(inputs.updateStrategy ?? {}).data ?? inputs.updateStrategy,
  },
  { property: "minReady", change: "in place", meaning: (inputs) => inputs.minReady },
  {
    property: "maxQueueSeconds",
    change: "in place",
    meaning: (inputs) => inputs.maxQueueSeconds ?? DEFAULT_MEMBER_QUEUE_SECONDS,
  },
  { property: "removeFirst", change: "in place", meaning: (inputs) => inputs.removeFirst ?? [] },
];

const ROWS = [...TEMPLATE, ...OWN];

/**
 * Compares what the state holds with what the program asks for now.
 *
 * @param unknown - inputs whose new values a preview does not know yet: a change, but never a reason to replace
 * @param isRefresh - whether a refresh compares what is with what was: leases that run as they should are no drift
 */
export function diffFleet(
  olds: Inputs,
  news: Inputs,
  unknown: ReadonlySet<string>,
  isRefresh = false,
  nowMilliseconds: number = Date.now(),
): DiffResult {
  const changed = ROWS.filter((row) => !unknown.has(row.property) && differs(row, olds, news));
  return {
    changes:
      changed.length > 0 ||
      unknown.has("overrides") ||
      overridesDiffer(olds, news) ||
      ROWS.some((row) => unknown.has(row.property)) ||
      isUnfinished(olds, news) ||
      (!isRefresh && !unknown.has("lease") && isLeaseDueIn(olds, news, nowMilliseconds)),
    replaces: changed.filter((row) => OWN.includes(row) && row.change === "replace").map((row) => row.property),
    // A fleet has one key, by which its successor would find its members.
    deleteBeforeReplace: true,
  };
}

/** Whether some member comes to something else because of its override. */
function overridesDiffer(olds: Inputs, news: Inputs): boolean {
  const names = new Set([...Object.keys(overridesIn(olds)), ...Object.keys(overridesIn(news))]);
  return [...names].some((name) => {
    // By one template, for what changed in that is told by its own rows.
    const was = { ...news, ...overridesIn(olds)[name] };
    const will = { ...news, ...overridesIn(news)[name] };
    return [...TEMPLATE, MAC_ADDRESS].some((row) => differs(row, was, will));
  });
}

/**
 * Whether the fleet, as the state knows it, still needs an update: members are missing or too many; fewer are ready, or
 * were put to rest by somebody, than must be; one is not what the template says; one is not acknowledged, or HTCondor
 * would remove it at its deadline.
 */
function isUnfinished(olds: Inputs, { count, minReady }: Inputs): boolean {
  const members = membersIn(olds);
  if (members === undefined) return false;
  if (Array.isArray(olds.unacknowledged) && olds.unacknowledged.length > 0) return true;
  const all = Object.values(members);
  if (all.some(({ upToDate }) => !upToDate)) return true;
  if (typeof count === "number" && all.length !== count) return true;
  const needed = [minReady, count].find((value) => typeof value === "number") ?? 0;
  return all.filter((member) => member.ready || isAtRest(member)).length < Number(needed);
}

/** Whether a member's lease, as the state knows it, has to be renewed. */
function isLeaseDueIn(olds: Inputs, news: Inputs, nowMilliseconds: number): boolean {
  return Object.entries(membersIn(olds) ?? {}).some(([name, { leaseEndsAt }]) =>
    needsRenewal({ leaseEndsAt }, { ...news, ...overridesIn(news)[name] }, nowMilliseconds),
  );
}

/** The members that the state knows; undefined where it knows of none, as before the fleet's creation. */
function membersIn({ members }: Inputs): Readonly<Record<string, Seen>> | undefined {
  if (!isObject(members)) return undefined;
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, member]) => {
      const parsed = Seen.safeParse(member).data;
      return parsed === undefined ? [] : [[name, parsed]];
    }),
  );
}

function overridesIn({ overrides }: Inputs): Readonly<Record<string, Inputs>> {
  if (!isObject(overrides)) return {};
  return Object.fromEntries(Object.entries(overrides).filter((entry): entry is [string, Inputs] => isObject(entry[1])));
}

/** Whether the members' names begin with the name of the resource. */
function isNamedByDefault(inputs: Inputs): boolean {
  const urn = ResourceUrn.safeParse(inputs.resourceUrn);
  return urn.success && inputs.namePrefix === logicalNameOf(urn.data);
}
