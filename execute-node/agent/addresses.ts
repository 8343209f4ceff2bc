import { MAIN_INTERFACE } from "../../contract/interfaces.ts";
import type { Agent } from "./agent.ts";
import { addressesOn, type GuestAddress } from "./libvirt.ts";
import type { Machine } from "./machine.ts";
import { messageOf } from "./refusal.ts";

/**
 * The address to report of a machine, from what its network says of its MAC. The lease or the stale neighbour that an
 * earlier machine of this MAC left behind says nothing about this one, and silence does not take an address back.
 *
 * @param known - the lease that its MAC had before it, and the address that was found for it already
 */
export function acceptedAddress(
  found: GuestAddress | undefined,
  known: { readonly leaseBefore: string | undefined; readonly ipAddress: string | undefined },
): string | undefined {
  if (found === undefined || !found.fresh) return known.ipAddress;
  const isOld = found.lease !== undefined && found.lease === known.leaseBefore;
  return isOld ? known.ipAddress : found.ipAddress;
}

/**
 * Finds the addresses of these machines; one command for each network.
 *
 * @returns what could not be found out; the rest was
 */
export async function findAddresses(agent: Agent, machines: readonly Machine[]): Promise<string[]> {
  const troubles: string[] = [];
  for (const name of new Set(machines.flatMap(({ record }) => record?.spec.network ?? []))) {
    const network = agent.parts.configuration.networks[name];
    if (network === undefined) continue;
    try {
      const addresses = await addressesOn(network);
      for (const machine of machines) {
        if (machine.record?.spec.network !== name || machine.macAddress === undefined) continue;
        await accept(agent, machine, addresses.get(machine.macAddress));
      }
    } catch (error) {
      troubles.push(`network ${name}: ${messageOf(error)}`);
    }
  }
  return troubles;
}

async function accept(agent: Agent, machine: Machine, found: GuestAddress | undefined): Promise<void> {
  machine.ipAddress = acceptedAddress(found, {
    leaseBefore: machine.record?.leaseBefore?.[MAIN_INTERFACE],
    ipAddress: machine.record?.ipAddress,
  });
  if (machine.ipAddress === undefined || machine.ipAddress === machine.record?.ipAddress) return;
  await agent.amend(machine, { ipAddress: machine.ipAddress });
}
