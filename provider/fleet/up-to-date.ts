import { type InstanceSpec, specDigest } from "../../contract/instance-spec.ts";
import { interfacesOf } from "../../contract/interfaces.ts";
import { wishesOf } from "../address/wishes.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import type { InstanceInputs } from "../instance/inputs.ts";
import { type AddressPair, type ChosenPairs, specOf } from "../instance/spec.ts";

/**
 * Whether a member's machine is what its inputs say, but for what changes in place. An address that was chosen for it is
 * as good as another; what its guest was told does not count where the inputs say so.
 */
export function isUpToDate({ cloud }: QueueJob, inputs: InstanceInputs): boolean {
  if (cloud === undefined) return false;
  const has = cloud.job.spec;
  const { seed, ...wanted } = specOf(inputs, pairsOf(has, inputs));
  const told = inputs.onUserDataChange === "ignore" ? has.seed : seed;
  const digest = specDigest({ ...wanted, ...(told === undefined ? {} : { seed: told }) });
  // A job that somebody edited says another digest than what it says it is comes to: no node would start it again.
  return cloud.specDigest === digest && specDigest(has) === digest;
}

/** The pairs that a machine has, of those that would be chosen for it now. */
function pairsOf(has: InstanceSpec, inputs: InstanceInputs): ChosenPairs {
  const cards = interfacesOf(has);
  const pairs = new Map<string, AddressPair>();
  for (const wish of wishesOf(inputs)) {
    const card = cards.get(wish.name);
    if (card?.address === undefined) continue;
    if (wish.address !== "auto" && wish.address !== card.address) continue;
    if (wish.macAddress !== undefined && wish.macAddress !== card.macAddress) continue;
    pairs.set(wish.name, { macAddress: card.macAddress, address: card.address });
  }
  return pairs;
}
