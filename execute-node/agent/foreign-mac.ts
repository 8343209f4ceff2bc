import type { MachineRecord } from "./instance-folders.ts";
import { Refusal } from "./refusal.ts";
import type { PrepareRequest } from "./requests.ts";

/**
 * Refuses a machine with the MAC address of somebody else's on the same network of this node: two guests of one MAC take
 * each other's address, and everybody may read it in the queue. An owner's own machine may come before its predecessor is
 * quite gone.
 *
 * @param records - the machines of this node
 */
export function refuseForeignMac(
  records: readonly Pick<MachineRecord, "user" | "spec">[],
  { user, spec }: Pick<PrepareRequest, "user" | "spec">,
): void {
  const isForeign = (record: Pick<MachineRecord, "user" | "spec">) =>
    record.user !== user && record.spec.macAddress === spec.macAddress && record.spec.network === spec.network;
  if (!records.some(isForeign)) return;
  throw new Refusal(
    `The MAC address ${spec.macAddress} belongs to a machine of somebody else on network ${spec.network} of this node. ` +
      "Ask for another.",
  );
}
