import { createHash } from "node:crypto";
import { z } from "zod";
import { ImageReferenceText } from "./image-reference.ts";
import { FurtherInterfaces, interfacesOf, type NetworkInterface } from "./interfaces.ts";
import { Digest, InstanceName, Labels, MacAddress, NetworkName, ProfileName } from "./patterns.ts";
import { Placement } from "./placement.ts";
import { MachineSize } from "./profiles.ts";

/** The network that every installed execute node offers unless its administrator says otherwise. */
export const DEFAULT_NETWORK = "default";

/**
 * What happens when the guest's watchdog (`i6300esb`) is no longer fed (libvirt manual, "Watchdog devices"): `shutdown`
 * asks the guest, `poweroff` does not.
 */
export const WatchdogAction = z.enum(["reset", "shutdown", "poweroff", "pause"]);
export type WatchdogAction = z.infer<typeof WatchdogAction>;

/** What is asked for: one machine, with every default filled in. */
export const InstanceSpec = z.strictObject({
  name: InstanceName,
  /** `name@sha256:<digest>`. */
  image: z.string().refine((text) => ImageReferenceText.safeParse(text).success, "must be name@sha256:<digest>"),
  /** The profile's name, or `custom`. */
  profile: ProfileName,
  size: MachineSize,
  /** The network of the main interface, and its MAC address. */
  network: NetworkName,
  macAddress: MacAddress,
  /** The fixed address that belongs to that MAC address; absent: whatever the network gives. */
  address: z.ipv4().optional(),
  /** The interfaces beside the main one; absent: none. */
  interfaces: FurtherInterfaces.optional(),
  /** What the guest's seed says ({@link seedDigest}); absent: its name alone. */
  seed: Digest.optional(),
  labels: Labels,
  /** Absent: the machine has no watchdog. */
  watchdog: WatchdogAction.optional(),
  /** Whether a removal lets the guest power itself off, for as long as its node's administrator allows. */
  gracefulStop: z.boolean(),
  /** Where it may and should run; absent: wherever it fits. */
  placement: Placement.optional(),
});
export type InstanceSpec = z.infer<typeof InstanceSpec>;

/**
 * Names what a machine is, so that a rerun can tell "my machine, as declared" from "my machine, of an earlier
 * declaration". What changes in place is left out, such as labels, and so is the profile's name: its size counts.
 */
export function specDigest(spec: InstanceSpec): string {
  const identity = [
    spec.name,
    spec.image,
    spec.size.memoryMiB,
    spec.size.vcpus,
    spec.size.diskGiB ?? null,
    spec.network,
    spec.macAddress,
    // Only where there is one, so that digests of machines without it stay what they were.
    ...(spec.watchdog === undefined ? [] : [spec.watchdog]),
    ...(spec.address === undefined ? [] : [{ address: spec.address }]),
    ...(spec.interfaces === undefined ? [] : [{ interfaces: [...interfacesOf(spec)].slice(1).map(identityOf) }]),
    ...(spec.seed === undefined ? [] : [{ seed: spec.seed }]),
    ...whereOf(spec.placement),
  ];
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex");
}

/** What cannot change in place of where a machine runs. */
function whereOf({ requirements, accountingGroup }: Placement = {}): unknown[] {
  return [
    ...(requirements === undefined ? [] : [{ requirements }]),
    ...(accountingGroup === undefined ? [] : [{ accountingGroup }]),
  ];
}

function identityOf([name, { network, macAddress, address }]: [string, NetworkInterface]): unknown[] {
  return [name, network, macAddress, address ?? null];
}

/**
 * The MAC address of the machine with this key: locally administered, the same for ever, so that a DHCP reservation
 * survives a replacement. Forty bits of a hash: two of a thousand machines meet with a chance of one in two million.
 */
export function macAddressOf(key: string): string {
  const hash = createHash("sha256").update(`mac:${key}`).digest("hex").slice(0, 10);
  return `02:${hash.match(/../g)?.join(":")}`;
}
