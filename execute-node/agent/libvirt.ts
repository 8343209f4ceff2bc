import { readFile } from "node:fs/promises";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import { GlobalJobId, MacAddress } from "../../contract/patterns.ts";
import type { NodeNetwork } from "../configuration.ts";
import { METADATA_NAMESPACE } from "../domain/domain-xml.ts";
import { CommandTimeoutError, run } from "./run.ts";

/** Without it, `virsh` as an ordinary account connects to a session of its own and sees nothing, without an error. */
export const VIRSH = ["-q", "-c", "qemu:///system"] as const;

/** libvirt runs the emulator once to learn what it can; this is the longest that it may take, in seconds. */
const PROBE_SECONDS = 60;

/** What libvirt says a domain does (`virDomainState`), in the words we need. */
export type DomainState = "running" | "paused" | "stopped";

/** What a domain's XML says that never changes while it lives. */
export interface DomainFacts {
  readonly globalJobId: string;
  readonly macAddress: string | undefined;
  /** `host:port`. */
  readonly vncAddress: string | undefined;
}

/** All domains by name, ours or not: one command however many there are. */
export async function listDomains(): Promise<Map<string, DomainState>> {
  return parseDomainStates(await run("virsh", [...VIRSH, "domstats", "--state", "--nowait"]));
}

/**
 * What a domain's XML says; `foreign` when it is none of ours.
 *
 * @throws Error when libvirt cannot say it now, or says of a domain of ours what we do not understand
 */
export async function describeDomain(name: string): Promise<DomainFacts | "foreign"> {
  return parseDomain(await run("virsh", [...VIRSH, "dumpxml", "--domain", name]));
}

/** Ends a domain at once; one that has ended meanwhile is no failure. */
export async function destroyDomain(name: string): Promise<void> {
  try {
    await run("virsh", [...VIRSH, "destroy", "--domain", name], { timeoutSeconds: 30 });
  } catch (error) {
    const state = (await listDomains()).get(name);
    if (state !== undefined && state !== "stopped") throw error;
  }
}

/** Where a guest was last heard on a network. */
export interface GuestAddress {
  readonly ipAddress: string;
  /** Changes whenever the guest asked for its address anew; undefined where the source does not tell. */
  readonly lease: string | undefined;
  /** Whether the guest was heard of late; what is not fresh may be an earlier guest's of the same MAC. */
  readonly fresh: boolean;
}

/** The addresses of the guests on a network, by MAC: one command however many guests. */
export async function addressesOn(network: NodeNetwork): Promise<Map<string, GuestAddress>> {
  if ("libvirt" in network) {
    return parseLeases(await run("virsh", [...VIRSH, "net-dhcp-leases", "--network", network.libvirt]));
  }
  return parseNeighbours(await run("ip", ["-j", "neigh", "show", "dev", network.bridge]));
}

/**
 * How domains can run here. libvirt alone is no judge of KVM: it says yes where /dev/kvm exists although the processor,
 * or the hypervisor around this machine, lacks the extension.
 *
 * @throws Error when libvirt does not answer: its silence is no no
 */
export async function findAcceleration(emulatorFolder: string): Promise<"kvm" | "qemu"> {
  await run("virsh", [...VIRSH, "uri"]);
  if (!/^flags\s*:.*\b(?:vmx|svm)\b/m.test(await readFile("/proc/cpuinfo", "utf8"))) return "qemu";
  const emulator = `${emulatorFolder}/qemu-system-x86_64`;
  return (await domainCapabilities(["--virttype", "kvm", "--emulatorbin", emulator], () => "kvm" as const)) ?? "qemu";
}

/**
 * What libvirt says of the domains that it can run, `virsh domcapabilities`, as `parse` understands it; undefined when it
 * says no twice. A first no may be a libvirtd's that was just being started again.
 *
 * @throws Error when libvirt does not answer: its silence is no no
 */
export async function domainCapabilities<T>(
  options: readonly string[],
  parse: (xml: string) => T,
): Promise<T | undefined> {
  for (let asked = 0; asked < 2; asked++) {
    try {
      return parse(await run("virsh", [...VIRSH, "domcapabilities", ...options], { timeoutSeconds: PROBE_SECONDS }));
    } catch (error) {
      if (error instanceof CommandTimeoutError) throw error;
      await run("virsh", [...VIRSH, "uri"]);
    }
  }
  return undefined;
}

/** Parses `virsh domstats --state`: `Domain: 'name'` and indented `key=value` lines below. */
export function parseDomainStates(output: string): Map<string, DomainState> {
  const domains = new Map<string, DomainState>();
  let name: string | undefined;
  for (const line of output.split("\n")) {
    const header = /^Domain: '(.+)'$/.exec(line);
    if (header) name = header[1];
    const state = /^\s+state\.state=(\d+)$/.exec(line)?.[1];
    if (name !== undefined && state !== undefined) domains.set(name, stateOf(Number(state)));
  }
  return domains;
}

function stateOf(state: number): DomainState {
  // virDomainState: 1 running, 2 blocked, 3 paused, 4 shutting down, 5 shut off, 6 crashed, 7 suspended by the guest.
  if (state === 1 || state === 2 || state === 4) return "running";
  return state === 3 || state === 7 ? "paused" : "stopped";
}

/**
 * Parses `virsh net-dhcp-leases`, of which the last row of a MAC is the newest; IPv4 wins over IPv6. A lease is told from
 * the one before by the time at which it expires.
 */
export function parseLeases(output: string): Map<string, GuestAddress> {
  const addresses = new Map<string, GuestAddress>();
  for (const line of output.split("\n")) {
    const row = /^\s*(\S+ \S+)\s+([0-9a-f:]{17})\s+(ipv[46])\s+([0-9a-fA-F.:]+)\/\d+/.exec(line);
    if (row?.[2] === undefined || row[4] === undefined) continue;
    if (row[3] === "ipv4" || !addresses.has(row[2]))
      addresses.set(row[2], { ipAddress: row[4], lease: row[1], fresh: true });
  }
  return addresses;
}

const Neighbours = z.array(z.object({ dst: z.string(), lladdr: z.string().optional(), state: z.array(z.string()) }));

/** The states of a neighbour that has answered of late, or is being asked (ip-neighbour(8)); STALE is not among them. */
const FRESH = ["REACHABLE", "DELAY", "PROBE", "PERMANENT"];

/** Parses `ip -j neigh`: fresh wins over stale, then IPv4 over IPv6; an address that failed to answer is none. */
export function parseNeighbours(output: string): Map<string, GuestAddress> {
  const addresses = new Map<string, GuestAddress>();
  if (output.trim() === "") return addresses;
  const worth = ({ fresh, ipAddress }: GuestAddress) => (fresh ? 2 : 0) + (ipAddress.includes(".") ? 1 : 0);
  for (const { dst, lladdr, state } of Neighbours.parse(JSON.parse(output))) {
    if (lladdr === undefined || state.includes("FAILED") || dst.startsWith("fe80:")) continue;
    const found = { ipAddress: dst, lease: undefined, fresh: state.some((each) => FRESH.includes(each)) };
    const present = addresses.get(lladdr);
    if (present === undefined || worth(found) >= worth(present)) addresses.set(lladdr, found);
  }
  return addresses;
}

const one = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).transform((items) => items[0])]);

const DomainDocument = z.object({
  domain: z.object({
    metadata: z
      .object({ instance: z.object({ "@_globalJobId": GlobalJobId, "@_xmlns:cloud": z.literal(METADATA_NAMESPACE) }) })
      .optional(),
    devices: z.object({
      interface: one(z.object({ mac: z.object({ "@_address": MacAddress }) })).optional(),
      graphics: one(z.object({ "@_port": z.string().optional(), "@_listen": z.string().optional() })).optional(),
    }),
  }),
});

/**
 * Parses a domain's live XML; `foreign` when it is none of ours.
 *
 * @throws Error when it names our metadata and does not have the form of a domain of ours
 */
export function parseDomain(xml: string): DomainFacts | "foreign" {
  const parser = new XMLParser({ ignoreAttributes: false, parseAttributeValue: false, processEntities: true });
  const parsed = DomainDocument.safeParse(withoutPrefix(parser.parse(xml)));
  if (!parsed.success && xml.includes(METADATA_NAMESPACE)) throw new Error("is ours and cannot be understood");
  if (!parsed.success || parsed.data.domain.metadata === undefined) return "foreign";
  const { metadata, devices } = parsed.data.domain;
  const port = devices.graphics?.["@_port"];
  const host = devices.graphics?.["@_listen"];
  return {
    globalJobId: metadata.instance["@_globalJobId"],
    macAddress: devices.interface?.mac["@_address"],
    vncAddress: host === undefined || port === undefined || Number(port) < 1 ? undefined : hostAndPort(host, port),
  };
}

function hostAndPort(host: string, port: string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** libvirt keeps our prefix as we wrote it; the name behind it is what counts. */
function withoutPrefix(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document).replaceAll('"cloud:instance":', '"instance":'));
}
