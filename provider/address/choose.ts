import { createHash } from "node:crypto";
import type { MacHolder } from "../htcondor/holders.ts";
import { JOB_STATUS } from "../htcondor/jobs.ts";
import type { AddressPair, ChosenPairs } from "../instance/spec.ts";
import { AddressesExhaustedError } from "./errors.ts";
import { holderText, shortened } from "./holder.ts";
import { type AddressPool, type PoolPair, pairsOf } from "./pool.ts";
import { type AddressWish, propertyOf } from "./wishes.ts";

/** What is known when pairs are chosen for a machine. */
export interface Known {
  /** Whose machine it is: `project/stack/type/name`. */
  readonly key: string;
  /** The job of another machine that holds a MAC address, or would have it first; undefined where there is none. */
  readonly heldBy: (macAddress: string) => MacHolder | undefined;
  /** The key of another machine whose create, in this process, has taken a MAC address that the queue may not show yet. */
  readonly claimedBy: (macAddress: string) => string | undefined;
  /** The pairs that the machine's predecessor has or had, by the interface's name. */
  readonly previous: ReadonlyMap<string, AddressPair>;
  /** The MAC addresses that others were quicker to take: the last to be taken again. */
  readonly lost: ReadonlySet<string>;
}

/**
 * Chooses a pair of the address pool for each interface that is to have one. One that is asked for is chosen whoever holds
 * it; for `auto`, a free one: that of the predecessor, else by a hash of key and MAC address (rendezvous hashing), so that
 * a rerun comes to the same and two stacks rarely come to one.
 *
 * @throws AddressesExhaustedError when no pair is free
 */
export function choosePairs(wishes: readonly AddressWish[], pool: AddressPool, known: Known): ChosenPairs {
  const chosen = new Map<string, PoolPair>();
  // What is asked for by name is not taken by `auto`.
  const [given, auto] = [wishes.filter(isGiven), wishes.filter((wish) => !isGiven(wish))];
  for (const wish of given) {
    const pair = pairsOf(pool, wish.network).find((each) => isMeant(each, wish));
    if (pair === undefined) throw new TypeError(`${propertyOf(wish.name, "address")} was not checked`);
    chosen.set(wish.name, pair);
  }
  for (const wish of auto) {
    const mine = new Set([...chosen.values()].map(({ macAddress }) => macAddress));
    const candidates = pairsOf(pool, wish.network).filter(({ macAddress }) => !mine.has(macAddress));
    const free = candidates.filter((pair) => isFree(pair, known));
    const best = free.sort(byPreference(wish, known))[0];
    if (best === undefined) throw exhausted(wish, pool, known);
    chosen.set(wish.name, best);
  }
  return new Map([...chosen].map(([name, { macAddress, address }]) => [name, { macAddress, address }]));
}

/** Whether a wish means one pair alone. */
function isGiven({ address, macAddress }: AddressWish): boolean {
  return address !== "auto" || macAddress !== undefined;
}

function isMeant(pair: PoolPair, { address, macAddress }: AddressWish): boolean {
  return (address === "auto" || pair.address === address) && (macAddress ?? pair.macAddress) === pair.macAddress;
}

function isFree({ macAddress }: PoolPair, { heldBy, claimedBy }: Known): boolean {
  return heldBy(macAddress) === undefined && claimedBy(macAddress) === undefined;
}

function byPreference(
  { name }: AddressWish,
  { key, previous, lost }: Known,
): (one: PoolPair, other: PoolPair) => number {
  const had = previous.get(name)?.macAddress;
  const rank = ({ macAddress }: PoolPair) => (lost.has(macAddress) ? 2 : macAddress === had ? 0 : 1);
  const weight = ({ macAddress }: PoolPair) =>
    createHash("sha256").update(`${key}#${name} ${macAddress}`).digest("hex");
  return (one, other) => rank(one) - rank(other) || (weight(one) < weight(other) ? -1 : 1);
}

function exhausted({ name, network }: AddressWish, pool: AddressPool, { heldBy, claimedBy }: Known) {
  const pairs = pairsOf(pool, network);
  const lines = pairs.map(({ macAddress, address }) => {
    const holder = heldBy(macAddress);
    if (holder !== undefined) return `${address}: ${holderText(holder)}`;
    const claimant = claimedBy(macAddress);
    if (claimant === undefined) return `${address}: another interface of this machine`;
    return `${address}: another machine of this program (${claimant.split("/").at(-1)})`;
  });
  const isFreeing = pairs.some(({ macAddress }) => heldBy(macAddress)?.status === JOB_STATUS.removed);
  const count = pairs.length === 1 ? "The one pair" : `All ${pairs.length} pairs`;
  return new AddressesExhaustedError(isFreeing, {
    what: `${count} of the address pool for the network ${network} ${pairs.length === 1 ? "is" : "are"} held, so ${propertyOf(name, "address")} "auto" finds none.`,
    why: shortened(lines).join("\n  "),
    remedy: "Remove a machine that holds one, or add pairs to condor:addresses; then `pulumi up`.",
  });
}
