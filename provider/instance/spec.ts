import { type InstanceSpec, macAddressOf } from "../../contract/instance-spec.ts";
import { interfacesOf, MAIN_INTERFACE, type NetworkInterface } from "../../contract/interfaces.ts";
import { type Seed, seedDigest } from "../../contract/seed.ts";
import type { InstanceInputs } from "./inputs.ts";
import type { InterfaceInput } from "./network-inputs.ts";
import { placementOf } from "./placement-inputs.ts";
import { keyOf } from "./resource-urn.ts";
import { seedOf } from "./seed.ts";

/** A MAC address and the address that belongs to it. */
export interface AddressPair {
  readonly macAddress: string;
  readonly address: string;
}

/** The pairs that were chosen for a machine's interfaces with fixed addresses, by the interface's name. */
export type ChosenPairs = ReadonlyMap<string, AddressPair>;

/** What is asked of the pool, and what the guest is told, which travels beside. */
export interface Wanted {
  readonly spec: InstanceSpec;
  readonly seed: Seed | undefined;
}

/**
 * What is asked of the pool.
 *
 * @param chosen - for interfaces with fixed addresses; without it they have the MAC address that they had without
 */
export function wantedOf(inputs: InstanceInputs, chosen: ChosenPairs = new Map()): Wanted {
  const { name: profile, ...size } = inputs.profile;
  const key = keyOf(inputs.resourceUrn);
  const further = Object.entries(inputs.interfaces ?? {}).map(([name, input]) => [
    name,
    interfaceOf(input, `${key}#${name}`, chosen.get(name)),
  ]);
  const wired = {
    ...interfaceOf(inputs, key, chosen.get(MAIN_INTERFACE)),
    ...(further.length === 0 ? {} : { interfaces: Object.fromEntries(further) }),
  };
  const macAddresses = [...interfacesOf(wired)].map(([name, { macAddress }]) => [name, macAddress] as const);
  const seed = seedOf(inputs, new Map(macAddresses));
  const placement = placementOf(inputs);
  const spec = {
    name: inputs.name,
    image: inputs.image,
    profile,
    size,
    ...wired,
    labels: inputs.labels,
    ...(inputs.watchdog === undefined ? {} : { watchdog: inputs.watchdog }),
    gracefulStop: inputs.gracefulStop,
    ...(seed === undefined ? {} : { seed: seedDigest(seed) }),
    ...(placement === undefined ? {} : { placement }),
  };
  return { spec, seed };
}

function interfaceOf(
  { network, macAddress }: InterfaceInput,
  key: string,
  pair: AddressPair | undefined,
): NetworkInterface {
  if (pair !== undefined) return { network, ...pair };
  return { network, macAddress: macAddress ?? macAddressOf(key) };
}

/** {@link wantedOf}'s specification. */
export function specOf(inputs: InstanceInputs, chosen?: ChosenPairs): InstanceSpec {
  return wantedOf(inputs, chosen).spec;
}
