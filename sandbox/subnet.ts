/** The first second octet that is tried: 10.77.0.0/16. */
const FIRST_OCTET = 77;

/** How many are tried. */
const OCTETS = 100;

/**
 * Chooses the network 10.<octet>.0.0/16 of a sandbox.
 *
 * @param used - addresses and networks in use on the host, like `10.78.0.1/24` or `192.0.2.0/24`; a default route
 *   does not count
 * @param claimed - octets of the other sandboxes
 * @returns undefined when nothing is free
 */
export function chooseOctet(used: readonly string[], claimed: readonly number[]): number | undefined {
  return Array.from({ length: OCTETS }, (_, index) => FIRST_OCTET + index).find(
    (octet) => !claimed.includes(octet) && overlapping(octet, used).length === 0,
  );
}

/** Those of the addresses and networks in use that overlap 10.<octet>.0.0/16; a default route does not count. */
export function overlapping(octet: number, used: readonly string[]): string[] {
  const own = { address: ((10 << 24) | (octet << 16)) >>> 0, prefixBits: 16 };
  return used.filter((text) => {
    const network = parseNetwork(text);
    return network !== undefined && network.prefixBits > 0 && overlap(network, own);
  });
}

interface Network {
  readonly address: number;
  readonly prefixBits: number;
}

function parseNetwork(text: string): Network | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(1, 5).map(Number);
  return { address: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0, prefixBits: Number(match[5] ?? 32) };
}

function overlap(one: Network, other: Network): boolean {
  const bits = Math.min(one.prefixBits, other.prefixBits);
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  return (one.address & mask) >>> 0 === (other.address & mask) >>> 0;
}
