import { createSocket } from "node:dgram";
import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";

/** The discard protocol's port (RFC 863): whatever comes there means nothing. */
const DISCARD_PORT = 9;

/**
 * Has the kernel find out who is at these addresses: it asks its neighbours before it sends the empty datagram that is given
 * to it. An address of no network of the node's on this link is left out, for that datagram would leave by another way.
 */
export function callAddresses(link: string, addresses: readonly string[]): void {
  const near = networksOn(link);
  for (const [type, family] of [
    ["udp4", "ipv4"],
    ["udp6", "ipv6"],
  ] as const) {
    const reachable = addresses.filter(
      (each) => (family === "ipv6") === each.includes(":") && near.check(each, family),
    );
    if (reachable.length === 0) continue;
    const socket = createSocket(type);
    // Nobody is there, or may not be reached: the kernel's table says so.
    socket.on("error", () => {});
    let left = reachable.length;
    const sent = () => {
      left -= 1;
      if (left === 0) socket.close();
    };
    for (const address of reachable) socket.send("", DISCARD_PORT, address, sent);
  }
}

/** The networks that the node itself is in on one of its links. */
function networksOn(link: string): BlockList {
  const networks = new BlockList();
  for (const { cidr, family } of networkInterfaces()[link] ?? []) {
    const [net, prefix] = cidr?.split("/") ?? [];
    if (net !== undefined && prefix !== undefined)
      networks.addSubnet(net, Number(prefix), family === "IPv6" ? "ipv6" : "ipv4");
  }
  return networks;
}
