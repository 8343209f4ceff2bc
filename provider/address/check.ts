import { z } from "zod";
import { MAIN_INTERFACE } from "../../contract/interfaces.ts";
import type { CheckResult } from "../check.ts";
import { NetworkInputs } from "../instance/network-inputs.ts";
import type { Settings } from "../settings.ts";
import { shortened } from "./holder.ts";
import { type AddressPool, addressPoolOf, type PoolPair, pairsOf } from "./pool.ts";
import { type AddressWish, givenMacsOf, propertyOf, type Wired, wishesOf } from "./wishes.ts";

/** What is wrong with an interface, and which. */
interface Problem {
  readonly name: string;
  readonly property: "address" | "macAddress";
  readonly reason: string;
}

/** What is about a machine's network cards among its inputs. */
const NetworkPart = z.object(NetworkInputs);

/** What checked inputs say of a machine's network cards; undefined where a part of it is not known yet. */
export function networkPartOf(inputs: unknown): Wired | undefined {
  return NetworkPart.safeParse(inputs).data;
}

/**
 * Whether the fixed addresses among checked inputs can be. Nothing is said where a part of them is not known yet: the
 * creation's own choice says it then.
 *
 * @throws InvalidInputError when the address pool cannot be read or used
 */
export async function checkFixedAddresses(inputs: unknown, settings: Settings): Promise<CheckResult["failures"]> {
  const wired = networkPartOf(inputs);
  if (wired === undefined) return [];
  return checkAddresses(wired, wishesOf(wired).length === 0 ? undefined : await addressPoolOf(settings));
}

/**
 * Whether the fixed addresses that a program asks for can be, whoever holds them now: without a query.
 *
 * @param pool - undefined: none is configured
 */
export function checkAddresses(inputs: Wired, pool: AddressPool | undefined): CheckResult["failures"] {
  const wishes = wishesOf(inputs);
  const problems = [...wishes.flatMap((wish) => problemsOf(wish, pool)), ...sharedIn(inputs, wishes)];
  return problems.map(({ name, property, reason }) =>
    name === MAIN_INTERFACE
      ? { property, reason }
      : { property: "interfaces", reason: `${name}.${property} ${reason}` },
  );
}

function problemsOf({ name, network, address, macAddress }: AddressWish, pool: AddressPool | undefined): Problem[] {
  const about = (property: Problem["property"], reason: string) => [{ name, property, reason }];
  if (pool === undefined) {
    const how = "set one with `pulumi config set condor:addresses FILE` (or CONDOR_CLOUD_ADDRESSES)";
    return about("address", `"${address}": there is no address pool; ${how}`);
  }
  const byMac = macAddress === undefined ? undefined : pool.find((pair) => pair.macAddress === macAddress);
  if (macAddress !== undefined && byMac === undefined) {
    const reason = `"${macAddress}": with a fixed address it must be a MAC address of the address pool, or be left out: the pair has one`;
    return about("macAddress", reason);
  }
  if (address === "auto") {
    if (byMac !== undefined && !isFor(byMac, network)) return about("macAddress", ofAnother(byMac, network));
    if (pairsOf(pool, network).length > 0) return [];
    return about("address", `"auto": the address pool has no pair for the network ${network}; ${what(pool)}`);
  }
  const pair = pool.find((each) => each.address === address);
  if (pair === undefined) {
    return about("address", `"${address}": is not in the address pool; ${what(pairsOf(pool, network))}`);
  }
  if (!isFor(pair, network)) return about("address", ofAnother(pair, network));
  if (macAddress === undefined || macAddress === pair.macAddress) return [];
  const reason = `"${macAddress}": the pair of ${address} has ${pair.macAddress}; leave one of the two out`;
  return about("macAddress", reason);
}

/** Two interfaces of one machine never share an address or a MAC address. */
function sharedIn(inputs: Wired, wishes: readonly AddressWish[]): Problem[] {
  const addresses = new Map(wishes.flatMap(({ name, address }) => (address === "auto" ? [] : [[name, address]])));
  const macs = new Map(
    wishes.flatMap(({ name, macAddress }) => (macAddress === undefined ? [] : [[name, macAddress]])),
  );
  return [...repeated(addresses, "address"), ...repeated(new Map([...macs, ...givenMacsOf(inputs)]), "macAddress")];
}

function repeated(values: ReadonlyMap<string, string>, property: Problem["property"]): Problem[] {
  const first = new Map<string, string>();
  return [...values].flatMap(([name, value]) => {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, name);
    const reason = `"${value}": is that of ${propertyOf(earlier ?? "", property)} already; no two interfaces can share one`;
    return earlier === undefined ? [] : [{ name, property, reason }];
  });
}

function isFor(pair: PoolPair, network: string): boolean {
  return pair.network === undefined || pair.network === network;
}

function ofAnother(pair: PoolPair, network: string): string {
  return `"${pair.address}" (${pair.macAddress}): is of the network ${pair.network} in the address pool, and the interface is on ${network}`;
}

/** What there is instead. */
function what(pairs: readonly PoolPair[]): string {
  if (pairs.length === 0) return "it has none for this network";
  const addresses = pairs.map(({ address, network }) => (network === undefined ? address : `${address} (${network})`));
  return `it has ${shortened(addresses).join(", ")}`;
}
