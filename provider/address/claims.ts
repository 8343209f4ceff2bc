import type { Pool } from "../htcondor/pool.ts";

/** A create's claim on a MAC address. */
interface Claim {
  readonly key: string;
  /** When its create ended, in milliseconds of {@link performance.now}; undefined: it is at work. */
  endedAt?: number;
}

/**
 * The MAC addresses that creates of this process have taken: those of one operation run at once, and the queue shows a
 * choice only once its job is in it.
 */
export class Claims {
  readonly #byMac = new Map<string, Claim>();

  /** The key of another machine whose create has taken it, as far as a look at the queue at that time may not have shown it. */
  takenBy(macAddress: string, key: string, lookedAt: number): string | undefined {
    const claim = this.#byMac.get(macAddress);
    const isOver = claim?.endedAt !== undefined && claim.endedAt < lookedAt;
    return claim?.key === key || isOver ? undefined : claim?.key;
  }

  /** Takes these and gives back whatever else the machine's create had taken. */
  take(key: string, macAddresses: readonly string[]): void {
    this.#drop(key);
    for (const macAddress of macAddresses) {
      // One that is asked for by name may be another's already, and stays that.
      if (this.takenBy(macAddress, key, 0) === undefined) this.#byMac.set(macAddress, { key });
    }
  }

  /** The create has ended: from now on the queue tells. */
  end(key: string, now: number): void {
    for (const claim of this.#byMac.values()) if (claim.key === key) claim.endedAt ??= now;
  }

  #drop(key: string): void {
    for (const [macAddress, claim] of this.#byMac) if (claim.key === key) this.#byMac.delete(macAddress);
  }
}

const claims = new WeakMap<Pool, Claims>();

/** The claims of this process's creates in a pool. */
export function claimsIn(pool: Pool): Claims {
  const existing = claims.get(pool) ?? new Claims();
  claims.set(pool, existing);
  return existing;
}
