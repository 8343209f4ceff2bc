import { interfacesOf } from "../../contract/interfaces.ts";
import type { MachineRecord } from "./instance-folders.ts";
import { Refusal } from "./refusal.ts";
import type { PrepareRequest } from "./requests.ts";

/**
 * Refuses a machine of which an interface has the MAC address of somebody else's on the same network of this node: two
 * guests of one MAC take each other's address, and everybody may read it in the queue. An owner's own machine may come
 * before its predecessor is quite gone.
 *
 * @param records - the machines of this node
 */
export function refuseForeignMac(
  records: readonly Pick<MachineRecord, "user" | "spec">[],
  { user, spec }: Pick<PrepareRequest, "user" | "spec">,
): void {
  const foreign = new Set(records.filter((record) => record.user !== user).flatMap((record) => cardsOf(record.spec)));
  for (const [name, { macAddress, network }] of interfacesOf(spec)) {
    if (!foreign.has(cardOf(network, macAddress))) continue;
    throw new Refusal(
      `The MAC address ${macAddress} of interface ${name} belongs to a machine of somebody else on network ${network} ` +
        "of this node. Ask for another.",
    );
  }
}

function cardsOf(spec: MachineRecord["spec"]): string[] {
  return [...interfacesOf(spec).values()].map(({ network, macAddress }) => cardOf(network, macAddress));
}

function cardOf(network: string, macAddress: string): string {
  return `${network} ${macAddress}`;
}
