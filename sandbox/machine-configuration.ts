import { XMLBuilder } from "fast-xml-parser";
import { DHCP_DAEMON } from "./lan.ts";
import type { Machine, Sandbox } from "./sandbox.ts";

/** Processors that an execute node offers: more than there are, so that a fleet fits on a small machine. */
export const OFFERED_CPUS = 16;

/** Memory that one execute node of a sandbox offers: together they take half of the host's. */
export function offeredMemoryMiB(hostMemoryMiB: number, nodes: number): number {
  return Math.max(512, Math.floor(hostMemoryMiB / 2 / nodes));
}

/**
 * HTCondor's configuration of a sandbox machine, apart from what makes it an execute node of the product. Security is
 * that of a real pool: every connection authenticated and encrypted, daemons by token, the user by the file system.
 */
export function condorConfiguration(sandbox: Sandbox, machine: Machine): string {
  return `${commonConfiguration(sandbox, machine)}
${machine.role === "manager" ? MANAGER_CONFIGURATION : EXECUTE_CONFIGURATION}`;
}

function commonConfiguration({ domain, manager }: Sandbox, machine: Machine): string {
  return `CONDOR_HOST = ${manager.host}
COLLECTOR_HOST = ${manager.host}:9618
NETWORK_INTERFACE = ${machine.address}
UID_DOMAIN = ${domain}
TRUST_DOMAIN = ${domain}
DEFAULT_DOMAIN_NAME = ${domain}
FILESYSTEM_DOMAIN = ${machine.host}

# HTCondor manual, "Security". Administration is the daemons' and root's; users of the pool may read and submit.
use security:strong
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS
ALLOW_ADMINISTRATOR = condor@${domain}, root@${domain}
ALLOW_DAEMON = condor@${domain}
ALLOW_NEGOTIATOR = condor@${domain}
ALLOW_READ = *@${domain}
ALLOW_WRITE = *@${domain}

# No kernel keyring in the namespaces of a machine.
DISCARD_SESSION_KEYRING_ON_STARTUP = False`;
}

const MANAGER_CONFIGURATION = `DAEMON_LIST = MASTER, COLLECTOR, NEGOTIATOR, SCHEDD

# Submissions in a row start at once instead of waiting for the default cycle of a minute.
NEGOTIATOR_INTERVAL = 5
NEGOTIATOR_CYCLE_DELAY = 1
NEGOTIATOR_MIN_INTERVAL = 1
SCHEDD_INTERVAL = 5
SCHEDD_MIN_INTERVAL = 1

${DHCP_DAEMON}`;

const EXECUTE_CONFIGURATION = `DAEMON_LIST = MASTER, STARTD
RUNBENCHMARKS = False
# A manager that was killed and started again hears of its nodes soon, and not only after five minutes.
UPDATE_INTERVAL = 10
`;

/** The machines of the sandbox by name. HTCondor waits minutes for a resolver where a name is not here. */
export function hostsFile({ machines }: Sandbox): string {
  const lines = machines.map((machine) => `${machine.address} ${machine.host} ${machine.name}`);
  return ["127.0.0.1 localhost", ...lines, ""].join("\n");
}

/** libvirt inside namespaces: no cgroups, no security module, QEMU as the namespaces' root. */
export const QEMU_CONFIGURATION = `cgroup_controllers = []
security_driver = "none"
user = "root"
group = "root"
stdio_handler = "file"
`;

/** Who is in the group may manage domains; there is no polkit to ask. Warnings and errors go to a log. */
export const LIBVIRTD_CONFIGURATION = `auth_unix_rw = "none"
unix_sock_group = "libvirt"
unix_sock_rw_perms = "0770"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`;

/**
 * The node's libvirt network: its guests' own subnet, routed, so that an address is unique in the sandbox and reachable
 * from all over it (libvirt manual, "Network XML format").
 *
 * @param guestNetwork - the subnet's first three octets
 */
export function guestNetworkXml(guestNetwork: string): string {
  const network = {
    network: {
      "@_xmlns:dnsmasq": "http://libvirt.org/schemas/network/dnsmasq/1.0",
      name: "default",
      // Open: routed, and libvirt leaves the firewall alone.
      forward: { "@_mode": "open" },
      // Spanning tree and its delay would lose a guest's first seconds of DHCP.
      bridge: { "@_name": "virbr0", "@_stp": "off", "@_delay": "0" },
      dns: { "@_enable": "no" },
      ip: {
        "@_address": `${guestNetwork}.1`,
        "@_netmask": "255.255.255.0",
        dhcp: { range: { "@_start": `${guestNetwork}.10`, "@_end": `${guestNetwork}.250` } },
      },
      // Without this dnsmasq pings each address for three seconds before it offers it.
      "dnsmasq:options": { "dnsmasq:option": { "@_value": "no-ping" } },
    },
  };
  return new XMLBuilder({ ignoreAttributes: false, format: true, suppressEmptyNode: true }).build(network);
}
