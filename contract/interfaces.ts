import { z } from "zod";
import { InterfaceName, MacAddress, NetworkName } from "./patterns.ts";

/** The name of the interface that every machine has, and whose address is the machine's. */
export const MAIN_INTERFACE = "main";

/** The most interfaces of a machine beside its main one. */
export const FURTHER_INTERFACES_MAX = 7;

/** One network card of a machine. */
export const NetworkInterface = z.strictObject({
  network: NetworkName,
  macAddress: MacAddress,
  /** The fixed address that belongs to the MAC address; absent: whatever the network gives. */
  address: z.ipv4().optional(),
});
export type NetworkInterface = z.infer<typeof NetworkInterface>;

/** Network cards by name. A map and no list, so that their order in a program never matters. */
export const FurtherInterfaces = z
  .record(InterfaceName, NetworkInterface)
  .refine((interfaces) => !(MAIN_INTERFACE in interfaces), `must not name one ${MAIN_INTERFACE}: the machine has that`)
  .refine(
    (interfaces) => Object.keys(interfaces).length <= FURTHER_INTERFACES_MAX,
    `must not be more than ${FURTHER_INTERFACES_MAX}`,
  );
export type FurtherInterfaces = z.infer<typeof FurtherInterfaces>;

/** What a machine's specification says of its network cards. */
export interface Wired extends NetworkInterface {
  readonly interfaces?: FurtherInterfaces | undefined;
}

/** All interfaces of a machine by name, in the order in which the guest's PCI bus has them: the main one, then by name. */
export function interfacesOf({ network, macAddress, address, interfaces }: Wired): Map<string, NetworkInterface> {
  const main = { network, macAddress, ...(address === undefined ? {} : { address }) };
  const further = Object.entries(interfaces ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return new Map([[MAIN_INTERFACE, main], ...further]);
}

/** The MAC addresses of all interfaces, in their order. */
export function macAddressesOf(spec: Wired): string[] {
  return [...interfacesOf(spec).values()].map(({ macAddress }) => macAddress);
}

/** The networks of all interfaces, each once, in the alphabet's order. */
export function networksOf(spec: Wired): string[] {
  return [...new Set([...interfacesOf(spec).values()].map(({ network }) => network))].sort();
}

/**
 * HTCondor's concurrency limit of a MAC address. With `CONCURRENCY_LIMIT_DEFAULT_cloudmac = 1` at the central manager it
 * runs one job with it at a time (HTCondor manual, "Concurrency Limits"). A colon in the name would begin a number, and
 * what follows the point must begin with a letter.
 */
export function concurrencyLimitOf(macAddress: string): string {
  return `${CONCURRENCY_LIMIT_GROUP}.m${MacAddress.parse(macAddress).replaceAll(":", "")}`;
}

/** The group of the limits above: what the manager's configuration names. */
export const CONCURRENCY_LIMIT_GROUP = "cloudmac";

/** The setting of the central manager that makes it run one job with a MAC address at a time; 1 is the value. */
export const GUARD_SETTING = `CONCURRENCY_LIMIT_DEFAULT_${CONCURRENCY_LIMIT_GROUP}`;

/** The line of the manager's configuration that says so. */
export const GUARD_LINE = `${GUARD_SETTING} = 1`;

/** The command that writes that line. */
export const GUARD_COMMAND = "condor-cloud manager install";
