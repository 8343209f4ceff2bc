import { readdir } from "node:fs/promises";
import { z } from "zod";
import { run, succeeds } from "../command.ts";
import { SandboxError } from "../errors.ts";
import { LAN_BRIDGE } from "../lan.ts";
import type { Machine, Sandbox } from "../sandbox.ts";
import { loadSandbox, sandboxNames } from "../sandbox.ts";
import { chooseOctet, overlapping } from "../subnet.ts";
import type { ActionContext } from "./action.ts";

/** Where iproute2 keeps the network namespaces that have names. */
export const NAMESPACE_FOLDER = "/run/netns";

const Routes = z.array(z.object({ dst: z.string(), dev: z.string().optional(), gateway: z.string().optional() }));
const Links = z.array(z.object({ ifname: z.string().optional() })); // where there is none, `ip` shows [{}]
const Addresses = z.array(
  z.object({
    ifname: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string(), prefixlen: z.int() })).default([]),
  }),
);

/** Chooses a network that neither the host nor another sandbox uses. Call it with the lock of all sandboxes held. */
export async function freeOctet(): Promise<number> {
  const used = await usedNetworks();
  const others = await Promise.all((await sandboxNames()).map((name) => loadSandbox(name).catch(() => undefined)));
  const octet = chooseOctet(
    used,
    others.flatMap((other) => (other ? [other.octet] : [])),
  );
  if (octet !== undefined) return octet;
  throw new SandboxError({
    what: "No network from 10.77.0.0/16 to 10.176.0.0/16 is free for a sandbox.",
    remedy: "See `ip route` and `condor-cloud sandbox list`; take a sandbox down.",
  });
}

/**
 * Sees to it that nobody else has come to use a sandbox's network since it was chosen.
 *
 * @throws SandboxError that names who does
 */
export async function requireOwnNetwork({ name, octet, hostLink }: Sandbox): Promise<void> {
  const taken = overlapping(octet, await usedNetworks(hostLink));
  if (taken.length === 0) return;
  throw new SandboxError({
    what: `The network 10.${octet}.0.0/16 of sandbox "${name}" is in use on this machine: ${[...new Set(taken)].join(", ")}.`,
    remedy: `Free it (see \`ip route\`), or remove the sandbox for one on another network: condor-cloud sandbox down --name ${name}`,
  });
}

/** The networks and addresses in use on this machine, but for those of one link. */
async function usedNetworks(exceptLink?: string): Promise<string[]> {
  const routes = Routes.parse(JSON.parse(await run("ip", ["-4", "-json", "route", "show", "table", "all"])));
  const addresses = Addresses.parse(JSON.parse(await run("ip", ["-4", "-json", "addr", "show"])));
  return [
    ...routes.filter(({ dev }) => dev === undefined || dev !== exceptLink).map(({ dst }) => dst),
    ...addresses
      .filter(({ ifname }) => ifname === undefined || ifname !== exceptLink)
      .flatMap((link) => link.addr_info.map((info) => `${info.local}/${info.prefixlen}`)),
  ];
}

/** Whether the hub's bridge and the host's way into it are there. */
export async function hasHub({ hub, hostLink, hostAddress }: Sandbox): Promise<boolean> {
  if (!(await succeeds("ip", ["-n", hub, "link", "show", "br0"]))) return false;
  return hasAddress(hostLink, hostAddress);
}

async function hasAddress(link: string, address: string): Promise<boolean> {
  const shown = await run("ip", ["-4", "-oneline", "addr", "show", "dev", link]).catch(() => "");
  return shown.includes(` ${address}/24 `);
}

/**
 * Makes the hub: a namespace with a bridge that all machines are plugged into, and a link and routes by which the host
 * reaches machines and guests.
 */
export async function makeHub({ sandbox }: ActionContext): Promise<void> {
  const { hub, hostLink, hostAddress } = sandbox;
  await run("ip", ["netns", "add", hub]);
  await run("ip", ["-n", hub, "link", "set", "lo", "up"]);
  await run("ip", ["-n", hub, "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0"]);
  await run("ip", ["-n", hub, "link", "set", "br0", "up"]);
  await run("ip", ["link", "add", hostLink, "type", "veth", "peer", "name", "host", "netns", hub]);
  await run("ip", ["-n", hub, "link", "set", "host", "master", "br0", "up"]);
  await run("ip", ["addr", "add", `${hostAddress}/24`, "dev", hostLink]);
  await makeRoutes(sandbox);
}

/** Whether the host knows the way to all guests: each execute node's own, and those of the network `lan`. */
export async function hasRoutes(sandbox: Sandbox): Promise<boolean> {
  return (await missingRoutes(sandbox)).length === 0 && (await hasAddress(sandbox.hostLink, sandbox.hostLanAddress));
}

/** Gives the host its routes to the guests, where they are missing. A route of somebody else's is not replaced. */
export async function makeRoutes(sandbox: Sandbox): Promise<void> {
  await run("ip", ["link", "set", sandbox.hostLink, "up"]);
  for (const node of await missingRoutes(sandbox)) {
    await run("ip", ["route", "add", ...guestRoute(node), "dev", sandbox.hostLink]);
  }
  if (await hasAddress(sandbox.hostLink, sandbox.hostLanAddress)) return;
  await run("ip", ["addr", "add", `${sandbox.hostLanAddress}/24`, "dev", sandbox.hostLink]);
}

/** The execute nodes whose guests the host knows no way to. */
async function missingRoutes({ hostLink, executeNodes }: Sandbox): Promise<Machine[]> {
  const shown = await run("ip", ["-4", "-json", "route", "show", "dev", hostLink]).catch(() => "");
  const routes = Routes.parse(JSON.parse(shown || "[]"));
  return executeNodes.filter(
    ({ guestNetwork, address }) =>
      !routes.some(({ dst, gateway }) => dst === `${guestNetwork}.0/24` && gateway === address),
  );
}

/** Makes a machine's own network namespace and plugs it into the hub. */
export async function plugIn(sandbox: Sandbox, machine: Machine): Promise<void> {
  const { namespace } = machine;
  await run("ip", ["netns", "add", namespace]);
  await run("ip", ["-n", namespace, "link", "set", "lo", "up"]);
  // The same MAC for ever: the others keep the address of a machine that starts again in their ARP tables for a while.
  const macAddress = `02:00:${machine.address.split(".").map(hexadecimal).join(":")}`;
  const peer = ["peer", "name", "eth0", "address", macAddress, "netns", namespace];
  await run("ip", ["-n", sandbox.hub, "link", "add", machine.name, "type", "veth", ...peer]);
  await run("ip", ["-n", sandbox.hub, "link", "set", machine.name, "master", "br0", "up"]);
  await run("ip", ["-n", namespace, "link", "set", "eth0", "up"]);
  const device = machine.role === "execute" ? LAN_BRIDGE : "eth0";
  if (device === LAN_BRIDGE) {
    // As on a site's node: its address and its MAC are the bridge's, which guests are plugged into beside it.
    const bridge = ["name", LAN_BRIDGE, "address", macAddress, "type", "bridge"];
    await run("ip", ["-n", namespace, "link", "add", ...bridge, "stp_state", "0", "forward_delay", "0"]);
    await run("ip", ["-n", namespace, "link", "set", "eth0", "master", LAN_BRIDGE]);
    await run("ip", ["-n", namespace, "link", "set", LAN_BRIDGE, "up"]);
  }
  for (const address of [machine.address, machine.lanAddress]) {
    await run("ip", ["-n", namespace, "addr", "add", `${address}/24`, "dev", device]);
  }
  for (const node of sandbox.executeNodes) {
    if (node.name !== machine.name) await run("ip", ["-n", namespace, "route", "add", ...guestRoute(node)]);
  }
}

/** The namespaces whose names begin so. */
export async function namespacesOf(prefix: string): Promise<string[]> {
  const entries = await readdir(NAMESPACE_FOLDER).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return []; // nobody has made a namespace since the machine started
    throw error;
  });
  return entries.filter((entry) => entry.startsWith(prefix));
}

/** The processes of a network namespace, as numbers of the host; none when there is no such namespace, and only then. */
export async function processesIn(namespace: string): Promise<number[]> {
  if (!(await namespacesOf(namespace)).includes(namespace)) return [];
  const output = await run("ip", ["netns", "pids", namespace]);
  return output.split(/\s+/).filter(Boolean).map(Number);
}

/**
 * Takes a namespace away. Its links are deleted first: with their namespace they would go some time later, and their
 * other ends would stand in the way of a new start until then.
 */
export async function removeNamespace(namespace: string): Promise<void> {
  const shown = await run("ip", ["-n", namespace, "-json", "link", "show", "type", "veth"]).catch(() => "");
  const links = Links.parse(JSON.parse(shown || "[]"));
  for (const { ifname } of links) {
    // Its other end may be gone already, and this one with it.
    if (ifname) await succeeds("ip", ["-n", namespace, "link", "delete", ifname]);
  }
  await run("ip", ["netns", "delete", namespace]);
}

function hexadecimal(octet: string): string {
  return Number(octet).toString(16).padStart(2, "0");
}

function guestRoute(node: Machine): string[] {
  return [`${node.guestNetwork}.0/24`, "via", node.address];
}
