import { readFile } from "node:fs/promises";
import { z } from "zod";
import { MacAddress, NetworkName } from "../../contract/patterns.ts";
import { InvalidInputError } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { parseAddressesXml } from "./xml.ts";

/** A MAC address and the IPv4 address that a DHCP server gives to it. */
export interface PoolPair {
  readonly macAddress: string;
  readonly address: string;
  /** The network that it is of; absent: it serves any. */
  readonly network?: string | undefined;
}

/** The fixed addresses that machines may have; each MAC address and each address is there once. */
export type AddressPool = readonly PoolPair[];

/** Of so many bad entries each is told. */
const TOLD_MAX = 10;

/** A pair as the configuration has it. MAC addresses in upper case are as good as those in lower case. */
const Entry = z.strictObject({
  mac: z.string().toLowerCase().pipe(MacAddress),
  ip: z
    .ipv4({ error: "must be an IPv4 address such as 192.168.1.7", abort: true })
    .refine(isUnicast, "must be an address that one machine can have"),
  network: NetworkName.optional(),
});

/**
 * Checks the entries of an address pool.
 *
 * @param where - what the entries stand in, for the error
 * @throws InvalidInputError naming each entry that cannot be used, by its number from 1
 */
export function parsePool(entries: readonly unknown[], where: string): AddressPool {
  const problems: string[] = [];
  const seen = { mac: new Map<string, number>(), ip: new Map<string, number>() };
  const pairs: PoolPair[] = [];
  for (const [index, entry] of entries.entries()) {
    const number = index + 1;
    const parsed = Entry.safeParse(entry);
    if (!parsed.success) {
      problems.push(`entry ${number}, ${shown(entry)}: ${parsed.error.issues.map(issueText).join("; ")}`);
      continue;
    }
    const { mac, ip, network } = parsed.data;
    for (const [kind, value] of [["mac", mac] as const, ["ip", ip] as const]) {
      const first = seen[kind].get(value);
      if (first === undefined) seen[kind].set(value, number);
      else
        problems.push(`entry ${number}: ${kind} ${value} is that of entry ${first} already; each must be there once`);
    }
    pairs.push({ macAddress: mac, address: ip, ...(network === undefined ? {} : { network }) });
  }
  if (problems.length > 0) throw unusable(where, problems);
  return pairs;
}

const loaded = new WeakMap<Settings, Promise<AddressPool | undefined>>();

/**
 * The address pool of a configuration, read once; undefined where none is configured.
 *
 * @throws InvalidInputError when it cannot be read or used
 */
export function addressPoolOf(settings: Settings): Promise<AddressPool | undefined> {
  const pool = loaded.get(settings) ?? loadPool(settings.addresses);
  loaded.set(settings, pool);
  return pool;
}

async function loadPool(addresses: Settings["addresses"]): Promise<AddressPool | undefined> {
  if (addresses === undefined) return undefined;
  if (typeof addresses !== "string") return parsePool(addresses, "condor:addresses");
  let text: string;
  try {
    text = await readFile(addresses, "utf8");
  } catch (cause) {
    throw new InvalidInputError({
      what: `The address pool ${addresses} cannot be read.`,
      why: cause instanceof Error ? cause.message : String(cause),
      remedy: "Give the path of the file with the addresses: condor:addresses, or CONDOR_CLOUD_ADDRESSES.",
      cause,
    });
  }
  const parsed = parseAddressesXml(text);
  if ("problem" in parsed) throw unusable(addresses, [parsed.problem]);
  return parsePool(parsed.entries, addresses);
}

/** Those of the pairs that a network's interfaces can have. */
export function pairsOf(pool: AddressPool, network: string): PoolPair[] {
  return pool.filter((pair) => pair.network === undefined || pair.network === network);
}

/** Neither "this network" (0), loopback (127), multicast nor reserved (224 and above): RFC 6890. */
function isUnicast(ip: string): boolean {
  const first = Number(ip.split(".")[0]);
  return first !== 0 && first !== 127 && first < 224;
}

function issueText({ path, message, code }: z.core.$ZodIssue): string {
  const expected = code === "invalid_type" ? message.replace(/^Invalid input: /, "") : message;
  return path.length === 0 ? expected : `${path.join(".")} ${expected}`;
}

function unusable(where: string, problems: readonly string[]): InvalidInputError {
  const more = problems.length - TOLD_MAX;
  return new InvalidInputError({
    what: `The address pool ${where} cannot be used.`,
    why: [...problems.slice(0, TOLD_MAX), ...(more > 0 ? [`and ${more} more`] : [])].join("\n  "),
    remedy:
      'An entry is <address mac="02:00:5e:10:00:01">192.168.1.7</address> in a file, { "mac": "02:00:5e:10:00:01", "ip": "192.168.1.7" } in the configuration; both may name a "network".',
  });
}

/** An entry as an error shows it, not of any length. */
function shown(entry: unknown): string {
  const text = JSON.stringify(entry) ?? String(entry);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
