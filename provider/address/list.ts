import type { Context } from "../context.ts";
import { InvalidInputError } from "../errors.ts";
import { hostOf } from "../htcondor/slots.ts";
import { holderOf } from "./holder.ts";
import { type AddressPool, addressPoolOf, type PoolPair } from "./pool.ts";

/** A pair of the address pool, and who holds it. */
export interface AddressView extends PoolPair {
  /** Absent: nobody. */
  readonly holder?: {
    /** The GlobalJobId. */
    readonly id: string;
    /** `cluster.proc`. */
    readonly jobId: string;
    /** Empty for a job that somebody submitted by hand. */
    readonly name: string;
    readonly owner: string;
    /** The execute node; empty while there is none. */
    readonly host: string;
  };
}

/**
 * The pairs of the address pool in its order, with the job that holds each.
 *
 * @throws InvalidInputError when no address pool is configured
 */
export async function listAddresses(context: Context): Promise<AddressView[]> {
  const [pool, holders] = await Promise.all([configuredPool(context), context.pool.holders("list")]);
  return pool.map((pair) => {
    const holder = holderOf(pair.macAddress, holders);
    if (holder === undefined) return pair;
    const { globalJobId: id, clusterId, procId, name, owner, slot } = holder;
    return { ...pair, holder: { id, jobId: `${clusterId}.${procId}`, name, owner, host: hostOf(slot) } };
  });
}

/** @throws InvalidInputError when no address pool is configured, or it cannot be used */
export async function configuredPool({ settings }: Pick<Context, "settings">): Promise<AddressPool> {
  const pool = await addressPoolOf(settings);
  if (pool !== undefined) return pool;
  throw new InvalidInputError({
    what: "There is no address pool.",
    remedy:
      "Name the file with the addresses: CONDOR_CLOUD_ADDRESSES, or `condor:addresses` in a stack's configuration.",
  });
}
