import type { AddressPool } from "../../../provider/address/pool.ts";
import type { MacHolder } from "../../../provider/htcondor/holders.ts";

/** The MAC address of the pool's pair with this number. */
export const macOf = (number: number) => `00:1a:4a:22:20:${number.toString(16).padStart(2, "0")}`;

/** The address of the pool's pair with this number. */
export const ipOf = (number: number) => `192.168.1.${number}`;

/** A pool with so many pairs, for any network. */
export function poolWith(count: number, network?: string): AddressPool {
  return Array.from({ length: count }, (_, index) => ({
    macAddress: macOf(index + 1),
    address: ipOf(index + 1),
    ...(network === undefined ? {} : { network }),
  }));
}

/** The same as the configuration has it. */
export function configuredPool(count: number) {
  return poolWith(count).map(({ macAddress: mac, address: ip }) => ({ mac, ip }));
}

/** A job that holds the MAC address of the pool's pair with this number. */
export function holding(number: number, change: Partial<MacHolder> = {}): MacHolder {
  const clusterId = change.clusterId ?? 100 + number;
  return {
    globalJobId: `ap.example#${clusterId}.0#1795562971`,
    clusterId,
    procId: 0,
    owner: "bob",
    queuedAt: 1_795_562_971,
    status: 2,
    slot: "slot1_1@exec1",
    name: `m${number}`,
    key: undefined,
    macAddresses: [macOf(number)],
    ...change,
  };
}
