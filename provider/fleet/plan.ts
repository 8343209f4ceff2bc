import { memberName } from "./inputs.ts";

/** A live member, as far as it counts for which members there are to be. */
export interface Standing {
  readonly name: string;
  /** Its number; infinite where its name is none that this fleet gives. */
  readonly number: number;
  /** When it was submitted, Unix time in seconds. */
  readonly queuedAt: number;
  /** Whether no node has taken it yet. */
  readonly isQueued: boolean;
  /** Whether the state names it. */
  readonly isKnown: boolean;
}

/** Which members there are to be. */
export interface Size {
  readonly count: number;
  readonly namePrefix: string;
  /** The names of those that go first, in this order. */
  readonly removeFirst: readonly string[];
  /** How many there were to be the last time: what a stopped roll left beyond it goes before others. Absent: unknown. */
  readonly previousCount?: number | undefined;
  /** Names that the state has and whose machines are gone: they are given again before others. */
  readonly died?: readonly string[] | undefined;
}

/** What makes a fleet as large as it is to be. */
export interface SizePlan<Member> {
  readonly keep: readonly Member[];
  readonly drop: readonly Member[];
  /** The names of those to be made. */
  readonly make: readonly string[];
}

/**
 * Which live members stay, which go, and which names come. Where there are too many, those that the program names go
 * first, then those in the queue, then those that no state knows, then what a stopped roll had too many, then the
 * newest. Where there are too few, names of members that died come again, then the lowest free numbers.
 */
export function planSize<Member extends Standing>(live: readonly Member[], size: Size): SizePlan<Member> {
  const excess = live.length - size.count;
  if (excess <= 0) return { keep: live, drop: [], make: freeNames(live, size, -excess) };
  const surplus = surplusOf(live, size);
  const ranked = live.map((member) => ({ member, rank: rankOf(member, size, surplus) }));
  const drop = ranked
    .sort((a, b) => a.rank - b.rank || newestFirst(a.member, b.member))
    .slice(0, excess)
    .map(({ member }) => member);
  const dropped = new Set<Member>(drop);
  return { keep: live.filter((member) => !dropped.has(member)), drop, make: [] };
}

/** The first goes first. */
function rankOf(member: Standing, { removeFirst }: Size, surplus: ReadonlySet<string>): number {
  const named = removeFirst.indexOf(member.name);
  if (named >= 0) return named;
  if (member.isQueued) return removeFirst.length;
  if (!member.isKnown) return removeFirst.length + 1;
  return surplus.has(member.name) ? removeFirst.length + 2 : removeFirst.length + 3;
}

/** The newest first; of those of one moment the one with the highest number. */
export function newestFirst(one: Standing, other: Standing): number {
  return other.queuedAt - one.queuedAt || highestFirst(one, other);
}

function highestFirst(one: Pick<Standing, "number">, other: Pick<Standing, "number">): number {
  return one.number === other.number ? 0 : other.number - one.number;
}

/** What a roll that stopped had lent the fleet beyond its count: a roll gives the highest numbers to those. */
function surplusOf(live: readonly Standing[], { previousCount = Number.POSITIVE_INFINITY }: Size): Set<string> {
  const known = live.filter(({ isKnown }) => isKnown).sort(highestFirst);
  return new Set(known.slice(0, Math.max(0, known.length - previousCount)).map(({ name }) => name));
}

function freeNames(live: readonly Standing[], { namePrefix, died = [] }: Size, wanted: number): string[] {
  const taken = new Set(live.map(({ name }) => name));
  const names: string[] = [];
  const give = (name: string) => {
    if (taken.has(name) || names.length === wanted) return;
    taken.add(name);
    names.push(name);
  };
  for (const name of died) give(name);
  for (let number = 0; names.length < wanted; number++) give(memberName(namePrefix, number));
  return names;
}
