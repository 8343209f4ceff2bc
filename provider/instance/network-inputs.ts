import { z } from "zod";
import { DEFAULT_NETWORK } from "../../contract/instance-spec.ts";
import { FURTHER_INTERFACES_MAX, MAIN_INTERFACE } from "../../contract/interfaces.ts";
import { InterfaceName, MacAddress, NetworkName } from "../../contract/patterns.ts";

/** A fixed address: a free one of the address pool, or this one. */
export const Address = z.union([z.literal("auto"), z.ipv4()], 'must be "auto" or an IPv4 address');
export type Address = z.infer<typeof Address>;

/** An interface beside the main one, as a program gives it. */
export const InterfaceInput = z.strictObject({
  /** Default: `default`. */
  network: NetworkName.default(DEFAULT_NETWORK),
  /** Default: that of the fixed address, else one derived from the resource's URN and the interface's name. */
  macAddress: MacAddress.optional(),
  /** Default: whatever the network gives. */
  address: Address.optional(),
});
export type InterfaceInput = z.infer<typeof InterfaceInput>;

/** A machine's network cards, as a program gives them. */
export const NetworkInputs = {
  /** The network of the main interface. Default: `default`. */
  network: NetworkName.default(DEFAULT_NETWORK),
  /** The main interface's. Default: that of its fixed address, else derived from the URN, so that it survives a replacement. */
  macAddress: MacAddress.optional(),
  /** The main interface's. Default: whatever the network gives. */
  address: Address.optional(),
  /** Interfaces beside the main one, by name. Default: none. */
  interfaces: z
    .record(InterfaceName, InterfaceInput)
    .refine((interfaces) => !(MAIN_INTERFACE in interfaces), {
      message: `must not name one "${MAIN_INTERFACE}": network, macAddress and address say what that is`,
    })
    .refine((interfaces) => Object.keys(interfaces).length <= FURTHER_INTERFACES_MAX, {
      message: `must be at most ${FURTHER_INTERFACES_MAX}`,
    })
    .optional(),
};
