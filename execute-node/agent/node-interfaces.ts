import type { InstanceSpec } from "../../contract/instance-spec.ts";
import { interfacesOf, type NetworkInterface } from "../../contract/interfaces.ts";
import type { NodeNetwork, ResolvedNodeConfiguration } from "../configuration.ts";
import type { LeasesBefore } from "./instance-folders.ts";
import { Refusal } from "./refusal.ts";
import { leaseMark, leasesOf } from "./sightings.ts";

/** One network card of a machine, and where its network leads to on this node. */
export interface NodeInterface extends Omit<NetworkInterface, "network"> {
  readonly name: string;
  /** The name that the machine asks with. */
  readonly networkName: string;
  readonly network: NodeNetwork;
}

/**
 * A machine's network cards on this node, in the order in which the guest's PCI bus has them.
 *
 * @throws Refusal naming the network that the node does not have
 */
export function nodeInterfaces(spec: InstanceSpec, networks: ResolvedNodeConfiguration["networks"]): NodeInterface[] {
  return [...interfacesOf(spec)].map(([name, { network: networkName, ...card }]) => {
    const network = Object.hasOwn(networks, networkName) ? networks[networkName] : undefined;
    if (network !== undefined) return { ...card, name, networkName, network };
    const offered = Object.keys(networks).sort().join(", ");
    throw new Refusal(`This node has no network ${networkName}. It offers: ${offered}.`);
  });
}

/**
 * The marks of the DHCP leases that the interfaces' MAC addresses have now, by the interfaces' names; one command for each
 * network. A network that cannot be asked now has no lease that could deceive later.
 */
export async function leasesBefore(interfaces: readonly NodeInterface[]): Promise<LeasesBefore> {
  const names = new Set(interfaces.flatMap(({ network }) => ("libvirt" in network ? [network.libvirt] : [])));
  const known = new Map(
    await Promise.all([...names].map(async (name) => [name, await leasesOf(name).catch(() => undefined)] as const)),
  );
  return Object.fromEntries(
    interfaces.flatMap(({ name, network, macAddress }) => {
      const mark = "libvirt" in network ? leaseMark(known.get(network.libvirt), macAddress) : undefined;
      return mark === undefined ? [] : [[name, mark] as const];
    }),
  );
}
