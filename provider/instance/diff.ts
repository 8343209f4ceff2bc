import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { DEFAULT_NETWORK, type InstanceSpec } from "../../contract/instance-spec.ts";
import { ATTRIBUTE, encodeLabels, encodePlacement, STANDARD_ATTRIBUTE } from "../../contract/job-ad.ts";
import type { AttributeValue } from "../htcondor/expression.ts";
import { changeablePlacement, DEFAULT_ON_EVICTION, DEFAULT_PRIORITY } from "../htcondor/placement.ts";
import { DEFAULT_ON_USER_DATA_CHANGE, SEED_INPUTS } from "./guest-inputs.ts";
import { DEFAULT_TIMEOUT_SECONDS, DEFAULT_WAIT_FOR, leaseSecondsOf } from "./inputs.ts";
import { isLeaseDue } from "./lease.ts";
import { NetworkInputs } from "./network-inputs.ts";
import { logicalNameOf, ResourceUrn } from "./resource-urn.ts";
import { INSTANCE_STATES, isAtRest, isReady } from "./state.ts";

/** What a diff answers. */
export interface DiffResult {
  changes: boolean;
  /** The inputs because of which the machine must be replaced. */
  replaces: string[];
  deleteBeforeReplace: boolean;
}

type Inputs = Readonly<Record<string, unknown>>;

/** What was last seen of a machine, as far as it tells whether anybody must wait for it. */
const Seen = z.object({
  state: z.enum(INSTANCE_STATES),
  ipAddress: z.string(),
  startedAt: z.string(),
  /** Absent in a state that was recorded before `waitFor` came, when every create waited for the address. */
  ready: z.boolean().optional(),
});

/** One row: what a change of an input means, and what counts as a change. */
export interface Row {
  readonly property: string;
  readonly change: "replace" | "in place";
  /** What is compared; two inputs that give equal answers here are no change. Absent means default. */
  readonly meaning: (inputs: Inputs) => unknown;
  /** Whether a difference counts; absent: always. */
  readonly counts?: (olds: Inputs, news: Inputs) => boolean;
  /** What an update edits in the job for it; absent: nothing, it is about the state alone, or see the table's notes. */
  readonly attributes?: (spec: Changeable) => Readonly<Record<string, AttributeValue>>;
}

/** What changes in place of a machine, of what its job says of it. */
export type Changeable = Pick<InstanceSpec, "labels" | "gracefulStop" | "placement">;

/**
 * The table that diff and update use. Not in it: `resourceUrn`, because a resource that was renamed or got another
 * parent (`aliases`) keeps its machine.
 *
 * | input | a change means | notes |
 * |---|---|---|
 * | `name` | replacement | two default names are equal: a renamed resource keeps its machine |
 * | `image` | replacement | by the whole reference: a node looks the image up by its name, too |
 * | `profile` | replacement | by the size; another name for the same size is no change |
 * | `macAddress` | replacement | absent: the one it has |
 * | `network` | replacement | absent: `default` |
 * | `address` | replacement | absent: none |
 * | `interfaces` | replacement | absent: none; of each one, absent is as above |
 * | `userData`, `sshAuthorizedKeys`, `hostname`, `metaData`, `networkConfig` | replacement | absent: none; with `onUserDataChange: "ignore"` nothing: a guest reads them once |
 * | `onUserDataChange` | in place | absent: `replace` |
 * | `watchdog` | replacement | absent: none |
 * | `labels` | in place | absent: none |
 * | `gracefulStop` | in place | absent: false |
 * | `requirements`, `accountingGroup` | replacement | absent: none; HTCondor matched the machine by them |
 * | `rank`, `spread`, `priority`, `onEviction` | in place | absent: none, none, 0, `requeue` |
 * | `timeoutSeconds` | in place | absent: 600; kept in the state, because destroy runs without the program |
 * | `timeouts` | in place | absent: none |
 * | `lease` | in place | by its length, "60m" is "1h"; absent: none. What it edits hangs on when it ends (lease.ts) |
 * | `waitFor` | in place | absent: `address` |
 * | `maxQueueSeconds` | in place | absent: none |
 *
 * `adopt` is not in it either: it counts when the resource is created, and never again.
 *
 * Beside the inputs, a machine that is not what its create waits for is a change in place: `pulumi refresh` forgets
 * that a create failed, so the state's outputs say it. The update acknowledges the machine and waits for it.
 *
 * | the state says | the update |
 * |---|---|
 * | `running` with an address | none |
 * | `paused` after it ran, or `suspended` | none: whoever put the machine to rest wakes it |
 * | anything else (`queued`, `starting`, `held`, `stopped`, …) | waits until it runs, or says why it does not |
 * | less than half of its lease is left | renews the lease |
 * | `acknowledged: false`, whatever it does | acknowledges it, or HTCondor would remove it at its deadline |
 */
export const DIFF_TABLE: readonly Row[] = [
  {
    property: "name",
    change: "replace",
    meaning: (inputs) => inputs.name,
    counts: (...pair) => !pair.every(isNamedByDefault),
  },
  { property: "image", change: "replace", meaning: (inputs) => inputs.image },
  { property: "profile", change: "replace", meaning: (inputs) => sizeOf(inputs.profile) },
  {
    property: "macAddress",
    change: "replace",
    meaning: (inputs) => inputs.macAddress,
    counts: (_olds, news) => news.macAddress !== undefined,
  },
  { property: "network", change: "replace", meaning: (inputs) => inputs.network ?? DEFAULT_NETWORK },
  { property: "address", change: "replace", meaning: (inputs) => inputs.address },
  { property: "interfaces", change: "replace", meaning: (inputs) => interfacesIn(inputs) },
  ...SEED_INPUTS.map(
    (property): Row => ({
      property,
      change: "replace",
      meaning: (inputs) => presentOf(inputs[property]),
      counts: (_olds, news) => news.onUserDataChange !== "ignore",
    }),
  ),
  {
    property: "onUserDataChange",
    change: "in place",
    meaning: (inputs) => inputs.onUserDataChange ?? DEFAULT_ON_USER_DATA_CHANGE,
  },
  { property: "watchdog", change: "replace", meaning: (inputs) => inputs.watchdog },
  {
    property: "gracefulStop",
    change: "in place",
    meaning: (inputs) => inputs.gracefulStop ?? false,
    attributes: ({ gracefulStop }) => ({ [STANDARD_ATTRIBUTE.gracefulStop]: gracefulStop }),
  },
  {
    property: "labels",
    change: "in place",
    meaning: (inputs) => inputs.labels ?? {},
    attributes: ({ labels }) => ({ [ATTRIBUTE.labels]: encodeLabels(labels) }),
  },
  { property: "requirements", change: "replace", meaning: (inputs) => inputs.requirements },
  { property: "accountingGroup", change: "replace", meaning: (inputs) => inputs.accountingGroup },
  { property: "rank", change: "in place", meaning: (inputs) => inputs.rank, attributes: placementAttributes },
  { property: "spread", change: "in place", meaning: (inputs) => inputs.spread, attributes: placementAttributes },
  {
    property: "priority",
    change: "in place",
    meaning: (inputs) => inputs.priority ?? DEFAULT_PRIORITY,
    attributes: placementAttributes,
  },
  {
    property: "onEviction",
    change: "in place",
    meaning: (inputs) => inputs.onEviction ?? DEFAULT_ON_EVICTION,
    attributes: placementAttributes,
  },
  {
    property: "timeoutSeconds",
    change: "in place",
    meaning: (inputs) => inputs.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
  },
  { property: "timeouts", change: "in place", meaning: (inputs) => inputs.timeouts ?? {} },
  { property: "lease", change: "in place", meaning: (inputs) => leaseOf(inputs) },
  { property: "waitFor", change: "in place", meaning: (inputs) => inputs.waitFor ?? DEFAULT_WAIT_FOR },
  { property: "maxQueueSeconds", change: "in place", meaning: (inputs) => inputs.maxQueueSeconds },
];

/**
 * Compares what the state holds with what the program asks for now.
 *
 * @param unknown - inputs whose new values a preview does not know yet: a change, but never a reason to replace
 * @param isRefresh - whether a refresh compares what is with what was: a lease that runs as it should is no drift
 */
export function diffInstance(
  olds: Inputs,
  news: Inputs,
  unknown: ReadonlySet<string>,
  isRefresh = false,
  nowMilliseconds: number = Date.now(),
): DiffResult {
  const changed = DIFF_TABLE.filter((row) => !unknown.has(row.property) && differs(row, olds, news));
  return {
    changes:
      changed.length > 0 ||
      isUnfinished(olds) ||
      (!isRefresh && !unknown.has("lease") && needsRenewal(olds, news, nowMilliseconds)) ||
      DIFF_TABLE.some((row) => unknown.has(row.property)),
    replaces: changed.filter((row) => row.change === "replace").map((row) => row.property),
    // The successor has the same key, MAC and address, so the two must not live at once.
    deleteBeforeReplace: true,
  };
}

/** What changes in place, as attributes of the machine's job. */
export function changeableAttributes(spec: Changeable): Record<string, AttributeValue> {
  return Object.fromEntries(DIFF_TABLE.flatMap((row) => Object.entries(row.attributes?.(spec) ?? {})));
}

/** What HTCondor goes by, and what the contract reads. */
function placementAttributes({ placement }: Changeable): Record<string, AttributeValue> {
  return { ...changeablePlacement(placement), [ATTRIBUTE.placement]: encodePlacement(placement) };
}

/** Whether a row's input changed. */
export function differs(row: Row, olds: Inputs, news: Inputs): boolean {
  if (isDeepStrictEqual(row.meaning(olds), row.meaning(news))) return false;
  return row.counts?.(olds, news) ?? true;
}

/** Whether the machine, as the state knows it, still needs somebody to wait for it or to acknowledge it. */
function isUnfinished(olds: Inputs): boolean {
  const seen = Seen.safeParse(olds);
  if (!seen.success) return false;
  const ready = seen.data.ready ?? isReady(seen.data, DEFAULT_WAIT_FOR);
  return olds.acknowledged === false || !(ready || isAtRest(seen.data));
}

/** Whether the machine's lease, as the state knows it, has to be renewed. */
export function needsRenewal(olds: Inputs, news: Inputs, nowMilliseconds: number): boolean {
  const seconds = leaseOf(news);
  if (typeof seconds !== "number") return false;
  const until = typeof olds.leaseEndsAt === "string" ? Date.parse(olds.leaseEndsAt) : Number.NaN;
  return isLeaseDue(seconds, Number.isNaN(until) ? undefined : until / 1000, nowMilliseconds / 1000);
}

/** Whether the machine got its name from its resource. */
function isNamedByDefault(inputs: Inputs): boolean {
  const urn = ResourceUrn.safeParse(inputs.resourceUrn);
  return urn.success && inputs.name === logicalNameOf(urn.data);
}

/** A lease's length. */
function leaseOf({ lease }: Inputs): unknown {
  return typeof lease === "string" ? leaseSecondsOf(lease) : lease;
}

/** The interfaces beside the main one, defaults filled in; undefined where there are none. */
function interfacesIn({ interfaces }: Inputs): unknown {
  const parsed = NetworkInputs.interfaces.safeParse(interfaces ?? undefined).data;
  return presentOf(parsed ?? interfaces);
}

/** Nothing in it is nothing. */
export function presentOf(value: unknown): unknown {
  const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return isEmpty ? undefined : (value ?? undefined);
}

/** A profile without its name. */
function sizeOf(profile: unknown): unknown {
  if (typeof profile !== "object" || profile === null) return profile;
  return Object.fromEntries(
    Object.entries(profile)
      .filter(([key, value]) => key !== "name" && value !== undefined)
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}
