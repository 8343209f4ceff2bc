import type { GuestAddress } from "./libvirt.ts";

/**
 * The address to report of a machine, from what its network says of its MAC. The lease or the stale neighbour that an
 * earlier machine of this MAC left behind says nothing about this one, and silence does not take an address back.
 *
 * @param known - the lease that its MAC had before it, and the address that was found for it already
 */
export function acceptedAddress(
  found: GuestAddress | undefined,
  known: { readonly leaseBefore: string | undefined; readonly ipAddress: string | undefined },
): string | undefined {
  if (found === undefined || !found.fresh) return known.ipAddress;
  const isOld = found.lease !== undefined && found.lease === known.leaseBefore;
  return isOld ? known.ipAddress : found.ipAddress;
}
