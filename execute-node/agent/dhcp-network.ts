import { BlockList, isIPv4 } from "node:net";
import { XMLBuilder, XMLParser } from "fast-xml-parser";
import { z } from "zod";

/**
 * The mark of a reservation of ours: `condor-cloud` in hexadecimal, as the client's id of an IPv6 host. libvirt keeps it
 * and does not hand it to dnsmasq for an IPv4 host, whose guest therefore neither sees it nor gets a name by it.
 */
export const RESERVATION_MARK = "63:6f:6e:64:6f:72:2d:63:6c:6f:75:64";

/** An address that a network's DHCP server keeps for a MAC address. */
export interface Reservation {
  readonly macAddress: string;
  readonly address: string;
}

/** What a libvirt network says of the addresses that it gives. */
export interface DhcpNetwork {
  /** Its IPv4 subnet with a DHCP server; absent: libvirt gives no addresses there. */
  readonly subnet: Subnet | undefined;
  readonly hosts: readonly DhcpHost[];
}

/** A subnet, by the address that the node has in it. */
export interface Subnet {
  readonly address: string;
  readonly prefix: number;
}

/** A reservation that a network has. */
export interface DhcpHost {
  readonly macAddress: string | undefined;
  readonly address: string | undefined;
  readonly isOurs: boolean;
}

const Host = z.object({
  "@_mac": z.string().optional(),
  "@_ip": z.string().optional(),
  "@_id": z.string().optional(),
});

/** An empty element is read as a text. */
function orEmpty<T extends z.ZodType>(element: T) {
  return z.union([z.literal("").transform(() => undefined), element]).optional();
}

const NetworkDocument = z.object({
  network: z.object({
    ip: z
      .array(
        z.object({
          "@_family": z.string().optional(),
          "@_address": z.string().optional(),
          "@_netmask": z.string().optional(),
          "@_prefix": z.string().optional(),
          dhcp: z.array(orEmpty(z.object({ host: z.array(Host).optional() }))).optional(),
        }),
      )
      .optional(),
  }),
});

const ARRAYS = new Set(["network.ip", "network.ip.dhcp", "network.ip.dhcp.host"]);

/**
 * Parses `virsh net-dumpxml`.
 *
 * @throws ZodError when it is no network's
 */
export function parseDhcpNetwork(xml: string): DhcpNetwork {
  const parser = new XMLParser({
    ignoreAttributes: false,
    parseAttributeValue: false,
    isArray: (_name, path) => ARRAYS.has(String(path)),
  });
  const { ip = [] } = NetworkDocument.parse(parser.parse(xml)).network;
  // libvirt admits one of them with DHCP for IPv4.
  const served = ip.find(({ dhcp, "@_family": family }) => dhcp !== undefined && family !== "ipv6");
  const hosts = served?.dhcp?.flatMap((dhcp) => dhcp?.host ?? []) ?? [];
  return {
    subnet: served && subnetOf(served["@_address"] ?? "", served["@_prefix"], served["@_netmask"]),
    hosts: hosts.map((host) => ({
      macAddress: host["@_mac"]?.toLowerCase(),
      address: host["@_ip"],
      isOurs: host["@_id"] === RESERVATION_MARK,
    })),
  };
}

function subnetOf(address: string, prefix: string | undefined, netmask: string | undefined): Subnet | undefined {
  if (!isIPv4(address)) return undefined;
  if (prefix !== undefined) return { address, prefix: Number(prefix) };
  if (netmask !== undefined) return { address, prefix: bitsOf(netmask).replace(/0*$/, "").length };
  // What libvirt takes where neither is said: the class of the address (RFC 791).
  const [first = 0] = address.split(".").map(Number);
  return { address, prefix: first < 128 ? 8 : first < 192 ? 16 : 24 };
}

/** Whether a guest can have an address in a subnet: neither the node's own, nor the net's, nor that of all. */
export function isAddressFor(subnet: Subnet, address: string): boolean {
  const net = new BlockList();
  net.addSubnet(subnet.address, subnet.prefix, "ipv4");
  const host = bitsOf(address).slice(subnet.prefix);
  return net.check(address) && address !== subnet.address && /0/.test(host) && /1/.test(host);
}

/** The subnet as people write it, `192.168.122.0/24`. */
export function subnetText({ address, prefix }: Subnet): string {
  const bits = bitsOf(address).slice(0, prefix).padEnd(32, "0");
  return `${(bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)).join(".")}/${prefix}`;
}

function bitsOf(address: string): string {
  return address
    .split(".")
    .map((octet) => Number(octet).toString(2).padStart(8, "0"))
    .join("");
}

/** A reservation of ours as libvirt's element, for `virsh net-update`. */
export function hostXml({ macAddress, address }: Reservation): string {
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@_", suppressEmptyNode: true });
  return builder.build({ host: { "@_mac": macAddress, "@_id": RESERVATION_MARK, "@_ip": address } });
}
