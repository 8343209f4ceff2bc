import { interfacesOf } from "../../contract/interfaces.ts";
import type { ResolvedNodeConfiguration } from "../configuration.ts";
import { libvirtNetworksOf, rememberedAddresses } from "./addresses.ts";
import { callAddresses } from "./call.ts";
import { usefulAddress } from "./guest-address.ts";
import type { Machine } from "./machine.ts";
import { messageOf } from "./refusal.ts";
import { type Leases, leasesOf, type Neighbours, neighbourSightings, neighbours, type Sighting } from "./sightings.ts";

/**
 * Asks libvirt's DHCP servers and the kernel for the addresses of these machines, and notes what they say in each; one
 * command for each libvirt network and one for the neighbours. What the kernel is not sure of, it is made to ask: by the next
 * search it knows.
 *
 * @returns what could not be found out; the rest was
 */
export async function searchAddresses(
  networks: ResolvedNodeConfiguration["networks"],
  machines: readonly Machine[],
): Promise<string[]> {
  if (machines.length === 0) return [];
  const troubles: string[] = [];
  const leases = new Map<string, Leases>();
  let all: Neighbours = [];
  const noting = async (what: string, work: () => Promise<void>) => {
    await work().catch((error: unknown) => void troubles.push(`${what}: ${messageOf(error)}`));
  };
  await Promise.all([
    noting("neighbours", async () => {
      all = await neighbours();
    }),
    ...[...libvirtNetworksOf(machines, networks)].map((name) =>
      noting(`network ${name}`, async () => void leases.set(name, await leasesOf(name))),
    ),
  ]);
  for (const machine of machines) note(machine, networks, leases, all);
  return troubles;
}

function note(
  machine: Machine,
  networks: ResolvedNodeConfiguration["networks"],
  leases: ReadonlyMap<string, Leases>,
  all: Neighbours,
): void {
  const { record, bridges } = machine;
  if (record === undefined) return;
  const told = rememberedAddresses(record);
  for (const [name, { network: networkName, macAddress, address: fixed }] of interfacesOf(record.spec)) {
    const network = networks[networkName];
    const link = bridges.get(macAddress);
    const leased = network !== undefined && "libvirt" in network ? leases.get(network.libvirt) : undefined;
    // A network that could not be asked now says nothing new.
    const kept = (machine.sightings.get(macAddress) ?? []).filter(({ source }) => source === "lease");
    const heard = leased === undefined ? kept : (leased.get(macAddress) ?? []);
    const near = link === undefined ? [] : neighbourSightings(all, link, macAddress);
    machine.sightings.set(macAddress, [...heard, ...near]);
    if (link !== undefined) callAddresses(link, unsure([...heard, ...near], [...(told[name] ?? []), fixed]));
  }
}

/** The addresses that the machine may have, and that its network has not confirmed of late. */
function unsure(sightings: readonly Sighting[], told: readonly (string | undefined)[]): string[] {
  const sure = sightings.filter(({ source, state }) => source === "neighbour" && state !== "stale");
  const candidates = sightings.filter(({ state }) => state !== "refuted").map(({ ipAddress }) => ipAddress);
  const addresses = new Set([...candidates, ...told].flatMap((each) => (each && usefulAddress(each)) || []));
  // One that nobody answers at now is asked again: its guest may have been rebooting.
  for (const { ipAddress, state } of sure) if (state === "fresh") addresses.delete(ipAddress);
  return [...addresses];
}
