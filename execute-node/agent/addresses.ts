import { interfacesOf, MAIN_INTERFACE } from "../../contract/interfaces.ts";
import { ADDRESSES_MAX, type InterfaceAddresses } from "../../contract/node-report.ts";
import type { ResolvedNodeConfiguration } from "../configuration.ts";
import { byNumber, usefulAddress } from "./guest-address.ts";
import type { MachineRecord } from "./instance-folders.ts";
import type { Machine } from "./machine.ts";
import { isMarked, type Sighting, SOURCES } from "./sightings.ts";

/** What is known of an interface besides what is heard of it now. */
export interface KnownInterface {
  /** The address that belongs to its MAC address, where one is kept for it. */
  readonly fixed: string | undefined;
  /** The mark of the leases that its MAC address had before this machine. */
  readonly leaseBefore: string | undefined;
  /** The addresses that were told last. */
  readonly before: readonly string[];
}

/**
 * The addresses to report of an interface, the preferred first: the fixed address if the guest has it, then IPv4 before
 * IPv6, then what a lease says before what the kernel's neighbours and last what the guest agent says, then by number.
 *
 * Link-local, loopback, multicast and reserved addresses are left out. The leases and stale neighbours that an earlier
 * machine of this MAC address left behind say nothing about this one. Silence takes no address back: what was heard last
 * stays until another of its family is heard. What nobody, or another MAC address, answers at is dropped then; a guest
 * agent is never believed about it.
 */
export function interfaceAddresses(sightings: readonly Sighting[], known: KnownInterface): string[] {
  const useful = sightings.flatMap((each) => {
    const ipAddress = usefulAddress(each.ipAddress);
    return ipAddress === undefined ? [] : [{ ...each, ipAddress }];
  });
  const refuted = new Set(useful.filter(({ state }) => state === "refuted").map(({ ipAddress }) => ipAddress));
  const sources = new Map<string, number>();
  for (const { ipAddress, state, source, lease } of useful) {
    const counts = state === "fresh" ? !isMarked(lease, known.leaseBefore) : known.before.includes(ipAddress);
    if (!counts || refuted.has(ipAddress)) continue;
    const rank = SOURCES.indexOf(source);
    sources.set(ipAddress, Math.min(rank, sources.get(ipAddress) ?? rank));
  }
  for (const isVersion6 of [false, true]) {
    if ([...sources.keys()].some((address) => isIpv6(address) === isVersion6)) continue;
    for (const address of known.before) if (isIpv6(address) === isVersion6) sources.set(address, SOURCES.length);
  }
  const order = (address: string) => [
    address === known.fixed ? 0 : 1,
    isIpv6(address) ? 1 : 0,
    sources.get(address) ?? SOURCES.length,
  ];
  const compare = (one: string, other: string) => {
    const [left, right] = [order(one), order(other)];
    const differing = left.findIndex((each, index) => each !== right[index]);
    return differing < 0 ? byNumber(one, other) : (left[differing] ?? 0) - (right[differing] ?? 0);
  };
  return [...sources.keys()].sort(compare).slice(0, ADDRESSES_MAX);
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** The addresses that are remembered of a machine. Before they were told by interface, the main one's alone was. */
export function rememberedAddresses(record: MachineRecord): InterfaceAddresses {
  return record.addresses ?? (record.ipAddress === undefined ? {} : { [MAIN_INTERFACE]: [record.ipAddress] });
}

/** The addresses of a machine by interface, from all that was heard of it. */
export function addressesOf({ sightings, agentSightings }: Machine, record: MachineRecord): InterfaceAddresses {
  const before = rememberedAddresses(record);
  const found: InterfaceAddresses = {};
  for (const [name, { macAddress, address: fixed }] of interfacesOf(record.spec)) {
    const heard = [...(sightings.get(macAddress) ?? []), ...(agentSightings.get(macAddress) ?? [])];
    const leaseBefore = record.leaseBefore?.[name];
    const addresses = interfaceAddresses(heard, { fixed, leaseBefore, before: before[name] ?? [] });
    if (addresses.length > 0) found[name] = addresses;
  }
  return found;
}

/** The node's libvirt networks that these machines are on. */
export function libvirtNetworksOf(
  machines: readonly Machine[],
  networks: ResolvedNodeConfiguration["networks"],
): Set<string> {
  const names = new Set<string>();
  for (const { record } of machines) {
    for (const { network: name } of record === undefined ? [] : interfacesOf(record.spec).values()) {
      const network = networks[name];
      if (network !== undefined && "libvirt" in network) names.add(network.libvirt);
    }
  }
  return names;
}
