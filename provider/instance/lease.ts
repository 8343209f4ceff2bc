import type { ClassAdValue } from "../../contract/classad.ts";
import { ATTRIBUTE, type Lease } from "../../contract/job-ad.ts";
import type { QueueJob } from "../htcondor/jobs.ts";

/** A lease that ends later than a whole one from now is not one that we set; clocks and queries differ by less. */
export const LEASE_TOLERANCE_SECONDS = 60;

/** What time it is at the access point, Unix time in seconds; by our own clock where it did not say. */
export function poolSeconds(job: QueueJob): number {
  return job.serverTime ?? Math.floor(Date.now() / 1000);
}

/**
 * A lease that begins now. By the access point's clock, which is the one that ends it.
 *
 * @param seconds - how long it is; undefined: the machine has none
 */
export function leaseFromNow(job: QueueJob, seconds: number | undefined): Lease | undefined {
  return seconds === undefined ? undefined : { seconds, until: poolSeconds(job) + seconds };
}

/**
 * Whether a lease has to be renewed: it has not begun, less than half of it is left, or it ends later than any that was
 * asked for.
 *
 * @param until - when it ends, Unix time in seconds
 */
export function isLeaseDue(seconds: number, until: number | undefined, nowSeconds: number): boolean {
  if (until === undefined) return true;
  const left = until - nowSeconds;
  return left < seconds / 2 || left > seconds + LEASE_TOLERANCE_SECONDS;
}

/** The lease that a job shall have: the one that it has, as long as that will do. */
export function leaseWanted(job: QueueJob, seconds: number | undefined): Lease | undefined {
  const has = job.cloud?.job.lease;
  if (seconds !== undefined && has?.seconds === seconds && !isLeaseDue(seconds, has.until, poolSeconds(job)))
    return has;
  return leaseFromNow(job, seconds);
}

/** What a job needs to have this lease, or none. */
export function leaseAttributes(lease: Lease | undefined): Record<string, ClassAdValue> {
  return { [ATTRIBUTE.leaseSeconds]: lease?.seconds ?? 0, [ATTRIBUTE.leaseUntil]: lease?.until ?? 0 };
}
