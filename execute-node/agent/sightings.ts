import { z } from "zod";
import { VIRSH } from "./libvirt.ts";
import { run } from "./run.ts";

/**
 * Who says that a guest has an address, the most believed first. A lease is the DHCP server's word, a neighbour the node's
 * kernel's, which a guest can deceive on its own network only. What the guest agent says is the guest's word alone: it may
 * name any address.
 */
export const SOURCES = ["lease", "neighbour", "agent"] as const;

/** An address that was heard of a guest's interface. */
export interface Sighting {
  readonly ipAddress: string;
  readonly source: (typeof SOURCES)[number];
  /** Changes whenever the guest asked for its address anew; undefined where the source does not tell. */
  readonly lease?: string | undefined;
  /**
   * `stale`: it may be an earlier guest's of the same MAC address. `refuted`: nobody answers there, or another MAC address.
   */
  readonly state: "fresh" | "stale" | "refuted";
}

/** What is known of a network's DHCP leases, by MAC address: the newest of each family of addresses. */
export type Leases = ReadonlyMap<string, readonly Sighting[]>;

/** The leases of a libvirt network: one command however many guests. */
export async function leasesOf(libvirtNetwork: string): Promise<Leases> {
  return parseLeases(await run("virsh", [...VIRSH, "net-dhcp-leases", "--network", libvirtNetwork]));
}

/**
 * Parses `virsh net-dhcp-leases`. A guest that changed how it names itself to the server (its initial RAM disk, then its
 * system) has two leases of one family; the one that expires last is what it uses. A lease is told from an earlier one of the
 * same address by the time at which it expires.
 */
export function parseLeases(output: string): Leases {
  const newest = new Map<string, { mac: string; found: Sighting & { lease: string } }>();
  for (const line of output.split("\n")) {
    const row = /^\s*(\S+ \S+)\s+([0-9a-f:]{17})\s+(ipv[46])\s+([0-9a-fA-F.:]+)\/\d+/.exec(line);
    const [, lease, mac, family, ipAddress] = row ?? [];
    if (lease === undefined || mac === undefined || ipAddress === undefined) continue;
    const present = newest.get(`${mac} ${family}`);
    if (present !== undefined && present.found.lease > lease) continue;
    newest.set(`${mac} ${family}`, { mac, found: { ipAddress, source: "lease", lease, state: "fresh" } });
  }
  const leases = new Map<string, Sighting[]>();
  for (const { mac, found } of newest.values()) leases.set(mac, [...(leases.get(mac) ?? []), found]);
  return leases;
}

/** The mark by which the leases that a MAC address had before a machine are known again; undefined where it had none. */
export function leaseMark(leases: Leases | undefined, macAddress: string): string | undefined {
  const marks = (leases?.get(macAddress) ?? []).map(({ lease }) => lease);
  return marks.length === 0 ? undefined : marks.join(MARK_SEPARATOR);
}

const MARK_SEPARATOR = ", ";

/** Whether a lease is one of those that a mark is of. */
export function isMarked(lease: string | undefined, mark: string | undefined): boolean {
  return lease !== undefined && (mark?.split(MARK_SEPARATOR).includes(lease) ?? false);
}

const Neighbours = z.array(
  z.object({ dst: z.string(), dev: z.string(), lladdr: z.string().optional(), state: z.array(z.string()) }),
);
export type Neighbours = z.infer<typeof Neighbours>;

/** The kernel's neighbours on all links: one command however many guests and networks. */
export async function neighbours(): Promise<Neighbours> {
  return parseNeighbours(await run("ip", ["-j", "neigh", "show"]));
}

/** Parses `ip -j neigh show`. */
export function parseNeighbours(output: string): Neighbours {
  return output.trim() === "" ? [] : Neighbours.parse(JSON.parse(output));
}

/**
 * The states of a neighbour that has answered of late (ip-neighbour(8)). DELAY and PROBE are not among them: in those the
 * kernel goes by what an earlier guest said until it has asked again.
 */
const ANSWERED = ["REACHABLE", "PERMANENT"];

/** What a link's neighbours say of the guest with a MAC address on it. */
export function neighbourSightings(all: Neighbours, link: string, macAddress: string): Sighting[] {
  return all.flatMap(({ dst: ipAddress, dev, lladdr, state }): Sighting[] => {
    if (dev !== link) return [];
    const answered = state.some((each) => ANSWERED.includes(each));
    if (lladdr === macAddress && !state.includes("FAILED")) {
      return [{ ipAddress, source: "neighbour", state: answered ? "fresh" : "stale" }];
    }
    const isNobodys = state.includes("FAILED") || answered;
    return isNobodys ? [{ ipAddress, source: "neighbour", state: "refuted" }] : [];
  });
}
