import { MAIN_INTERFACE } from "../../contract/interfaces.ts";
import type { InstanceInputs } from "../instance/inputs.ts";
import type { Address } from "../instance/network-inputs.ts";

/** An interface with a fixed address. */
export interface AddressWish {
  /** The interface's name. */
  readonly name: string;
  readonly network: string;
  readonly address: Address;
  /** The MAC address that the program gives besides: the pair must have it. */
  readonly macAddress?: string | undefined;
}

/** What a program says of a machine's interfaces. */
export type Wired = Pick<InstanceInputs, "network" | "macAddress" | "address" | "interfaces">;

/** The interfaces that are to have fixed addresses. */
export function wishesOf(inputs: Wired): AddressWish[] {
  return interfacesIn(inputs).flatMap(({ address, ...rest }) => (address === undefined ? [] : [{ ...rest, address }]));
}

/** The MAC addresses that a program gives to interfaces without a fixed address, by the interface's name. */
export function givenMacsOf(inputs: Wired): Map<string, string> {
  return new Map(
    interfacesIn(inputs).flatMap(({ name, address, macAddress }) =>
      address === undefined && macAddress !== undefined ? [[name, macAddress] as const] : [],
    ),
  );
}

/** How errors name a property of an interface. */
export function propertyOf(name: string, property: "address" | "macAddress"): string {
  return name === MAIN_INTERFACE ? property : `interfaces.${name}.${property}`;
}

function interfacesIn({ network, macAddress, address, interfaces }: Wired) {
  const main = { name: MAIN_INTERFACE, network, macAddress, address };
  return [main, ...Object.entries(interfaces ?? {}).map(([name, each]) => ({ name, ...each }))];
}
