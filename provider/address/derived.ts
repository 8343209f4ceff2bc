import { jobIdOf } from "../../contract/global-job-id.ts";
import { macAddressesOf } from "../../contract/interfaces.ts";
import type { Context } from "../context.ts";
import type { InstanceInputs } from "../instance/inputs.ts";
import { keyOf } from "../instance/resource-urn.ts";
import { specOf } from "../instance/spec.ts";
import { MacInUseError } from "./errors.ts";
import { holderOf, holderText } from "./holder.ts";

/**
 * Makes sure that no live job of another machine has a MAC address that is derived for this one: one that was adopted
 * elsewhere keeps it, and another account's stack of the same name derives the same.
 *
 * @throws MacInUseError
 */
export async function checkDerivedMacs(inputs: InstanceInputs, { pool }: Context): Promise<void> {
  // What is adopted keeps its own.
  if (inputs.adopt !== undefined) return;
  const key = keyOf(inputs.resourceUrn);
  const holders = await pool.holders(key);
  const held = macAddressesOf(specOf(inputs)).flatMap((macAddress) => {
    const holder = holderOf(macAddress, holders);
    return holder === undefined ? [] : [{ macAddress, holder }];
  });
  if (held.length === 0) return;
  const own = new Set((await pool.findOwn(key)).map(({ globalJobId }) => globalJobId));
  const others = held.filter(({ holder }) => !own.has(holder.globalJobId));
  if (others.length === 0) return;
  // One of our own that was being removed may have left the queue between the two questions.
  const latest = new Set((await pool.holders(key)).map(({ globalJobId }) => globalJobId));
  for (const { macAddress, holder } of others) {
    if (!latest.has(holder.globalJobId)) continue;
    throw new MacInUseError({
      what: `The MAC address ${macAddress}, which is derived from the resource's URN, is held by ${holderText(holder)}.`,
      why: "A machine that was adopted keeps its MAC address, and a stack of the same project and name, of another account, derives the same. Nothing was submitted.",
      remedy: `Give the machine a \`macAddress\`, or the stack another name. If nobody needs that machine: \`condor_rm ${jobIdOf(holder.globalJobId)}\`, then \`pulumi up\`.`,
    });
  }
}
