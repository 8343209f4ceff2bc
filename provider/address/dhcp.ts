import { isIPv4 } from "node:net";
import { MacAddress } from "../../contract/patterns.ts";
import type { PoolPair } from "./pool.ts";

/** The DHCP servers for which host entries can be written. */
export const DHCP_FORMATS = ["dnsmasq", "isc", "kea"] as const;
export type DhcpFormat = (typeof DHCP_FORMATS)[number];

/**
 * The host entries that have a site's DHCP server give each MAC address its address.
 *
 * | format | what it is | where it goes |
 * |---|---|---|
 * | `dnsmasq` | a line `mac,ip` each | a file named by `dhcp-hostsfile` (dnsmasq(8)) |
 * | `isc` | a `host` declaration each | included in dhcpd.conf (dhcpd.conf(5)) |
 * | `kea` | a JSON list | `reservations` of a subnet4 (Kea's manual, "Host Reservations in DHCPv4") |
 */
export function dhcpEntries(format: DhcpFormat, pairs: readonly PoolPair[]): string {
  const checked = pairs.map(plain);
  switch (format) {
    case "dnsmasq":
      return lines(checked.map(({ mac, ip }) => `${mac},${ip}`));
    case "isc":
      return lines(
        checked.map(({ mac, ip }) => `host ${hostName(mac)} { hardware ethernet ${mac}; fixed-address ${ip}; }`),
      );
    case "kea":
      return `${JSON.stringify(
        checked.map(({ mac, ip }) => ({ "hw-address": mac, "ip-address": ip })),
        null,
        2,
      )}\n`;
  }
}

/** What goes into a server's configuration is checked once more where it is written. */
function plain({ macAddress, address }: PoolPair): { mac: string; ip: string } {
  if (!isIPv4(address)) throw new TypeError(`Not an IPv4 address: ${JSON.stringify(address)}`);
  return { mac: MacAddress.parse(macAddress), ip: address };
}

/** ISC's server names its declarations, and the guest takes its name from none of them. */
function hostName(mac: string): string {
  return `cloud-${mac.replaceAll(":", "")}`;
}

function lines(entries: readonly string[]): string {
  return entries.map((entry) => `${entry}\n`).join("");
}
