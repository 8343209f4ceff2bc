import { BlockList, isIP, SocketAddress } from "node:net";

/**
 * Addresses by which nobody but the guest itself, or a link, is reached, and those of nobody. A list for each family: the
 * one for all would take every IPv4 address for its IPv6 form.
 */
const useless = {
  ipv4: blockList("ipv4", [
    ["0.0.0.0", 8],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["224.0.0.0", 3],
  ]),
  ipv6: blockList("ipv6", [
    ["::", 127],
    ["::ffff:0:0", 96],
    ["fe80::", 10],
    ["ff00::", 8],
  ]),
};

function blockList(family: "ipv4" | "ipv6", nets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of nets) list.addSubnet(net, prefix, family);
  return list;
}

/**
 * An address of a guest as it is told, in its shortest form; undefined for whatever is no address, and for loopback,
 * link-local, multicast, unspecified and reserved ones.
 */
export function usefulAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 0 || text.includes("%")) return undefined;
  const family = version === 4 ? "ipv4" : "ipv6";
  const { address } = new SocketAddress({ address: text, family });
  return useless[family].check(address, family) ? undefined : address;
}

/** Compares two addresses of one family by their numbers. */
export function byNumber(one: string, other: string): number {
  const [left, right] = [numberOf(one), numberOf(other)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function numberOf(address: string): bigint {
  if (!address.includes(":")) return BigInt(address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0));
  const [head = "", tail = ""] = withoutDots(address).split("::");
  const [left, right] = [head, tail].map((half) => (half === "" ? [] : half.split(":")));
  const groups = [...(left ?? []), ...Array(8).fill("0"), ...(right ?? [])];
  const gap = groups.length - 8;
  groups.splice(left?.length ?? 0, gap);
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** An IPv6 address whose last four bytes are written as IPv4's, in groups alone (RFC 4291, 2.2). */
function withoutDots(address: string): string {
  const [, before, dotted] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  if (before === undefined || dotted === undefined) return address;
  const number = Number(numberOf(dotted));
  return `${before}${Math.floor(number / 65_536).toString(16)}:${(number % 65_536).toString(16)}`;
}
