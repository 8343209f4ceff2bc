import type { NodeConfiguration } from "../execute-node/configuration.ts";
import type { Sandbox } from "./sandbox.ts";

/** The bridge of an execute node that is plugged into the sandbox's own segment, as a site's bridge is into its LAN. */
export const LAN_BRIDGE = "br0";

/** The networks that machines may ask for: their node's own, routed; and one segment that is the same on all nodes. */
export const NETWORKS = {
  default: { libvirt: "default" },
  lan: { bridge: LAN_BRIDGE },
} as const satisfies NodeConfiguration["networks"];

/** Where the manager keeps what its DHCP server gave away. */
export const DHCP_FOLDER = "/var/lib/condor-cloud-lan";

/**
 * The fixed addresses of the network `lan`, on the manager: a line `MAC,address` each (dnsmasq(8), --dhcp-hostsfile). It is
 * read when the server starts and at SIGHUP to the process of {@link DHCP_PID_FILE}; where it is not there, there are none.
 */
export const DHCP_HOSTS_FILE = `${DHCP_FOLDER}/hosts`;

/** Names the process of the manager's DHCP server. */
export const DHCP_PID_FILE = "/run/condor-cloud-lan.pid";

/** The configuration of the manager's DHCP server. */
export const DHCP_CONFIGURATION_FILE = "/etc/condor-cloud-lan.conf";

/**
 * The DHCP server of the network `lan`, dnsmasq(8): what a site's own DHCP server is to its machines. Its range ends where
 * the addresses of the sandbox's own machines begin.
 */
export function dhcpConfiguration({ lan, manager }: Sandbox): string {
  return `port=0
interface=eth0
user=root
pid-file=${DHCP_PID_FILE}
log-facility=/var/log/condor/LanDhcpLog
log-dhcp

dhcp-authoritative
# Without this it pings each address for three seconds before it offers it.
no-ping
dhcp-range=${lan}.10,${lan}.199,255.255.255.0,1h
dhcp-option=option:router,${manager.lanAddress}
dhcp-hostsfile=${DHCP_HOSTS_FILE}
dhcp-leasefile=${DHCP_FOLDER}/leases
`;
}

/** Has HTCondor's master start the DHCP server, and start it again whenever it ends. */
export const DHCP_DAEMON = `DAEMON_LIST = $(DAEMON_LIST), LAN_DHCP
LAN_DHCP = /usr/sbin/dnsmasq
LAN_DHCP_ARGS = --keep-in-foreground --conf-file=${DHCP_CONFIGURATION_FILE}
`;
