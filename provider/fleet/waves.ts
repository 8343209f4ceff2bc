import { memberName } from "./inputs.ts";

/** A live member, as far as it counts for a roll. */
export interface Rolling {
  readonly name: string;
  readonly number: number;
  /** Whether it is not what the program says any more. */
  readonly isOutdated: boolean;
  /** Whether it serves: it is ready, or was until somebody put it to rest. */
  readonly isAvailable: boolean;
}

/** How a roll may go about. */
export interface Pace {
  readonly count: number;
  readonly namePrefix: string;
  readonly maxUnavailable: number;
  readonly maxSurge: number;
  /** So many members are to serve at every moment ({@link floorOf}). */
  readonly floor: number;
}

/** What comes next in a roll. */
export type Wave =
  | { readonly kind: "done" }
  /** Nobody may be taken: too few serve, and none may be lent besides. */
  | { readonly kind: "stuck"; readonly available: number }
  | {
      readonly kind: "wave";
      /** The names of those that are replaced. */
      readonly replace: readonly string[];
      /** The names of those that are lent meanwhile. */
      readonly lend: readonly string[];
    };

/**
 * How many members are to serve at every moment of a roll: all that must, but for maxUnavailable. Where fewer serve when
 * it begins, that many less are enough, or no roll could mend such a fleet.
 *
 * @param must - how many members must be ready: `minReady`, or all of them
 */
export function floorOf(members: readonly Rolling[], must: number, maxUnavailable: number): number {
  const available = availableOf(members);
  return Math.max(0, (available >= must - maxUnavailable ? must : available) - maxUnavailable);
}

/**
 * The next wave of a roll, when nobody is on the way. Never touches a member that is as it should be; takes those that
 * do not serve first, for nobody misses them; never has more than count + maxSurge alive.
 */
export function nextWave(members: readonly Rolling[], pace: Pace): Wave {
  const outdated = members.filter((member) => member.isOutdated).sort((one, other) => one.number - other.number);
  if (outdated.length === 0) return { kind: "done" };
  const available = availableOf(members);
  const most = pace.maxUnavailable + pace.maxSurge;
  const idle = outdated.filter((member) => !member.isAvailable).slice(0, most);
  const mayTake = Math.min(most - idle.length, Math.max(0, available - pace.floor));
  const serving = outdated.filter((member) => member.isAvailable).slice(0, mayTake);
  const replace = [...idle, ...serving].map(({ name }) => name);

  const lent = Math.max(0, members.length - pace.count);
  const lend = namesAbove(members, pace.namePrefix, Math.min(pace.maxSurge, outdated.length) - lent);
  if (replace.length === 0 && lend.length === 0) return { kind: "stuck", available };
  return { kind: "wave", replace, lend };
}

function availableOf(members: readonly Rolling[]): number {
  return members.filter(({ isAvailable }) => isAvailable).length;
}

/** Names behind the last one, so that no number of the fleet's own is lent. */
function namesAbove(members: readonly Rolling[], namePrefix: string, wanted: number): string[] {
  const numbers = members.map(({ number }) => number).filter(Number.isFinite);
  const first = numbers.reduce((highest, number) => Math.max(highest, number), -1) + 1;
  return Array.from({ length: Math.max(0, wanted) }, (_, index) => memberName(namePrefix, first + index));
}
