import { MAIN_INTERFACE } from "../../contract/interfaces.ts";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import type { MacHolder } from "../htcondor/holders.ts";
import type { Pool } from "../htcondor/pool.ts";
import { keyOf, ResourceUrn } from "../instance/resource-urn.ts";
import { networkPartOf } from "./check.ts";
import { choosePairs } from "./choose.ts";
import { Claims } from "./claims.ts";
import { AddressesExhaustedError, UnguardedError } from "./errors.ts";
import { checkGuard } from "./guard.ts";
import { holderOf, holderText } from "./holder.ts";
import { addressPoolOf } from "./pool.ts";
import { type AddressWish, givenMacsOf, propertyOf, type Wired, wishesOf } from "./wishes.ts";

/** What the machines of one program would take, in the order in which they are checked. */
const foreseen = new WeakMap<Pool, Claims>();

/**
 * What a preview can say of a machine's addresses as the queue is now: a manager that does not keep two machines from one
 * MAC address is a failure; what others hold is a warning, for they may be gone when the run comes to it.
 */
export async function foreseeAddresses(
  inputs: Record<string, unknown>,
  context: Context,
  warn: (message: string) => void,
): Promise<CheckResult["failures"]> {
  const wired = networkPartOf(inputs);
  const urn = ResourceUrn.safeParse(inputs.resourceUrn).data;
  if (wired === undefined || urn === undefined) return [];
  const property = firstPropertyOf(wired);
  if (property === undefined) return [];
  try {
    await checkGuard(context, warn);
    await foresee(wired, keyOf(urn), context, warn);
  } catch (error) {
    if (error instanceof UnguardedError) return [{ property, reason: error.message }];
    if (!(error instanceof CloudError)) throw error;
    const isExhausted = error instanceof AddressesExhaustedError;
    warn(isExhausted ? error.message : `Who holds which address is not known.\n  ${error.message}`);
  }
  return [];
}

async function foresee(wired: Wired, key: string, context: Context, warn: (message: string) => void): Promise<void> {
  const { pool, settings } = context;
  const lookedAt = performance.now();
  const [holders, addresses = []] = await Promise.all([pool.holders(key), addressPoolOf(settings)]);
  const heldBy = (macAddress: string) => heldByAnother(key, holderOf(macAddress, holders));
  for (const [name, macAddress] of givenMacsOf(wired)) {
    const holder = heldBy(macAddress);
    if (holder !== undefined) warn(`${propertyOf(name, "macAddress")} ${macAddress} is held by ${holderText(holder)}.`);
  }
  const claims = foreseen.get(pool) ?? new Claims();
  foreseen.set(pool, claims);
  const claimedBy = (macAddress: string) => claims.takenBy(macAddress, key, lookedAt);
  const wishes = wishesOf(wired);
  const chosen = choosePairs(wishes, addresses, { key, heldBy, claimedBy, previous: new Map(), lost: new Set() });
  for (const wish of wishes) {
    const holder = heldBy(chosen.get(wish.name)?.macAddress ?? "");
    if (holder !== undefined) warn(waits(wish, holder));
  }
  claims.take(
    key,
    [...chosen.values()].map(({ macAddress }) => macAddress),
  );
}

function heldByAnother(key: string, holder: MacHolder | undefined): MacHolder | undefined {
  return holder?.key === key ? undefined : holder;
}

function waits({ name, address }: AddressWish, holder: MacHolder): string {
  return `${propertyOf(name, "address")} ${address} is held by ${holderText(holder)}: the machine queues until that is gone.`;
}

/** The first argument that asks for an address or a MAC address, by the name that a check gives it. */
function firstPropertyOf(wired: Wired): string | undefined {
  const [wish] = wishesOf(wired);
  const [given] = givenMacsOf(wired).keys();
  const name = wish?.name ?? given;
  if (name === undefined) return undefined;
  return name === MAIN_INTERFACE ? (wish === undefined ? "macAddress" : "address") : "interfaces";
}
