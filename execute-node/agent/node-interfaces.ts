import type { InstanceSpec } from "../../contract/instance-spec.ts";
import { interfacesOf, type NetworkInterface } from "../../contract/interfaces.ts";
import type { NodeNetwork, ResolvedNodeConfiguration } from "../configuration.ts";
import type { LeasesBefore } from "./instance-folders.ts";
import { addressesOn } from "./libvirt.ts";
import { Refusal } from "./refusal.ts";

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
 * The DHCP leases that the interfaces' MAC addresses have now, by the interfaces' names; one command for each network. A
 * network that cannot be asked now has no lease that could deceive later.
 */
export async function leasesBefore(interfaces: readonly NodeInterface[]): Promise<LeasesBefore> {
  const byNetwork = new Map(interfaces.map(({ networkName, network }) => [networkName, network]));
  const known = await Promise.all(
    [...byNetwork].map(async ([name, network]) => [name, await addressesOn(network).catch(() => undefined)] as const),
  );
  const addresses = new Map(known);
  return Object.fromEntries(
    interfaces.flatMap(({ name, networkName, macAddress }) => {
      const lease = addresses.get(networkName)?.get(macAddress)?.lease;
      return lease === undefined ? [] : [[name, lease] as const];
    }),
  );
}
