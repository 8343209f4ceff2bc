import type { InstanceSpec } from "../../contract/instance-spec.ts";
import { interfacesOf } from "../../contract/interfaces.ts";
import type { ResolvedNodeConfiguration } from "../configuration.ts";
import {
  type DhcpHost,
  type DhcpNetwork,
  hostXml,
  isAddressFor,
  parseDhcpNetwork,
  type Reservation,
  subnetText,
} from "./dhcp-network.ts";
import { VIRSH } from "./libvirt.ts";
import type { Log } from "./log.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { run } from "./run.ts";
import { leasesOf } from "./sightings.ts";

type Networks = ResolvedNodeConfiguration["networks"];

/** A reservation in one of the node's libvirt networks, by libvirt's name. */
export interface NodeReservation extends Reservation {
  readonly network: string;
}

/**
 * The reservations that a machine needs here: one for each interface with a fixed address on a libvirt network of the
 * node. On a bridge the site's own DHCP server has to know them.
 */
export function reservationsOf(spec: InstanceSpec, networks: Networks): NodeReservation[] {
  return [...interfacesOf(spec).values()].flatMap(({ network: name, macAddress, address }) => {
    const network = Object.hasOwn(networks, name) ? networks[name] : undefined;
    if (address === undefined || network === undefined || !("libvirt" in network)) return [];
    return [{ network: network.libvirt, macAddress, address }];
  });
}

/**
 * Keeps the DHCP reservations of this node's machines in its libvirt networks, and touches no other. They are made in the
 * running network alone (`--live`): libvirt keeps that through a restart of its own, and neither machine nor network
 * outlives a restart of the node, so that in the administrator's definition they could only be left behind.
 */
export class Reservations {
  readonly #networks: Networks;
  readonly #needed: () => NodeReservation[] | undefined;
  readonly #log: Log;
  /** One change at a time: each first reads what is there. */
  #last: Promise<unknown> = Promise.resolve();
  #untidy = false;

  /** @param needed - what all machines of the node need; undefined while that cannot be told */
  constructor(networks: Networks, needed: () => NodeReservation[] | undefined, log: Log) {
    this.#networks = networks;
    this.#needed = needed;
    this.#log = log;
  }

  /** Whether a reservation may be left that no machine needs. */
  get untidy(): boolean {
    return this.#untidy;
  }

  /**
   * Makes a machine's reservations, where they are not there yet.
   *
   * @throws Refusal when an address lies outside its network, or is somebody else's
   */
  async make(reservations: readonly NodeReservation[]): Promise<void> {
    await this.#inTurn(async () => {
      for (const reservation of reservations) await this.#makeOne(reservation);
    });
  }

  /** Takes back what no machine needs any more. What cannot be done now is left for the next time. */
  async tidy(): Promise<void> {
    this.#untidy = true;
    await this.#inTurn(async () => {
      if (this.#needed() === undefined) return;
      try {
        for (const network of libvirtNetworks(this.#networks)) await this.#tidyOne(network);
        this.#untidy = false;
      } catch (error) {
        this.#log(`the DHCP reservations stay as they are for now: ${messageOf(error)}`);
      }
    });
  }

  async #makeOne(reservation: NodeReservation): Promise<void> {
    const { network, macAddress, address } = reservation;
    const known = await describeNetwork(network).catch((cause: unknown) => {
      throw new Refusal(`This node's libvirt does not say how its network is: ${messageOf(cause)}`, {
        retry: true,
        cause,
      });
    });
    // As on a bridge, it is no server of libvirt's that gives addresses there.
    if (known.subnet === undefined) return;
    if (!isAddressFor(known.subnet, address)) {
      throw new Refusal(
        `No machine can have the address ${address} on this node: its network ${network} is ${subnetText(known.subnet)}, ` +
          `of which ${known.subnet.address} is the node's own. Ask for another.`,
      );
    }
    const needed = this.#needed() ?? [];
    for (const host of known.hosts.filter((each) => each.isOurs && isInTheWay(each, reservation))) {
      if (!isNeeded(network, host, needed)) await this.#takeBack(network, host);
    }
    if (known.hosts.some((host) => host.macAddress === macAddress && host.address === address)) return;
    await refuseLeased(reservation);
    await update(network, "add", reservation).catch((cause: unknown) => {
      // What is in the way of ours goes when its machine does; an administrator's stays.
      const retry = !known.hosts.some((host) => !host.isOurs && isInTheWay(host, reservation));
      throw new Refusal(`This node cannot keep the address ${address} for ${macAddress}: ${messageOf(cause)}`, {
        retry,
        cause,
      });
    });
  }

  async #tidyOne(network: string): Promise<void> {
    const { hosts } = await describeNetwork(network);
    for (const host of hosts) {
      if (host.isOurs && !isNeeded(network, host, this.#needed() ?? [])) await this.#takeBack(network, host);
    }
  }

  async #takeBack(network: string, { macAddress, address }: DhcpHost): Promise<void> {
    if (macAddress === undefined || address === undefined) return;
    await update(network, "delete", { macAddress, address });
    this.#log(`took back the reservation of ${address} for ${macAddress} in network ${network}`);
  }

  async #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** A lease lasts longer than a machine: dnsmasq gives an address to nobody else before its end, reserved or not. */
async function refuseLeased({ network, macAddress, address }: NodeReservation): Promise<void> {
  const leases = await leasesOf(network).catch(() => new Map<string, never[]>());
  for (const [holder, sightings] of leases) {
    const held = sightings.find(({ ipAddress }) => ipAddress === address);
    if (held === undefined || holder === macAddress) continue;
    throw new Refusal(
      `The address ${address} is leased to ${holder} in network ${network} of this node until ${held.lease}. ` +
        "Fixed addresses belong outside the range that its DHCP server gives to anybody.",
      { retry: true },
    );
  }
}

function isInTheWay(host: DhcpHost, { macAddress, address }: Reservation): boolean {
  return (host.macAddress === macAddress) !== (host.address === address);
}

function isNeeded(network: string, host: DhcpHost, needed: readonly NodeReservation[]): boolean {
  return needed.some(
    (each) => each.network === network && each.macAddress === host.macAddress && each.address === host.address,
  );
}

function libvirtNetworks(networks: Networks): string[] {
  return [...new Set(Object.values(networks).flatMap((network) => ("libvirt" in network ? network.libvirt : [])))];
}

async function describeNetwork(network: string): Promise<DhcpNetwork> {
  return parseDhcpNetwork(await run("virsh", [...VIRSH, "net-dumpxml", "--network", network]));
}

async function update(network: string, command: "add" | "delete", reservation: Reservation): Promise<void> {
  const change = [network, command, "ip-dhcp-host", hostXml(reservation), "--live"];
  await run("virsh", [...VIRSH, "net-update", ...change]);
}
