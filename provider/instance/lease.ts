import type { ClassAdValue } from "../../contract/classad.ts";
import { ATTRIBUTE, type Lease } from "../../contract/job-ad.ts";
import type { QueueJob } from "../htcondor/jobs.ts";

/** A lease that ends later than a whole one from now is not one that we set; clocks and queries differ by less. */
const LEASE_TOLERANCE_SECONDS = 60;

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
 * Whether a lease has to be renewed: it has not begun, or less than half of it is left.
 *
 * @param until - when it ends, Unix time in seconds
 */
export function isLeaseDue(seconds: number, until: number | undefined, nowSeconds: number): boolean {
  return until === undefined || until - nowSeconds < seconds / 2;
}

/**
 * Whether somebody put off a lease's end beyond a whole lease. Only by the access point's clock can that be told: by
 * one that is late, every fresh lease ends too late.
 */
export function isPutOff(seconds: number, until: number, poolNowSeconds: number): boolean {
  return until - poolNowSeconds > seconds + LEASE_TOLERANCE_SECONDS;
}

/** The lease that a job shall have: the one that it has, as long as that will do. */
export function leaseWanted(job: QueueJob, seconds: number | undefined): Lease | undefined {
  const has = job.cloud?.job.lease;
  if (has?.until === undefined || has.seconds !== seconds) return leaseFromNow(job, seconds);
  const now = poolSeconds(job);
  const isGood = !isLeaseDue(seconds, has.until, now) && !isPutOff(seconds, has.until, now);
  return isGood ? has : leaseFromNow(job, seconds);
}

/** What a job needs to have this lease, or none. */
export function leaseAttributes(lease: Lease | undefined): Record<string, ClassAdValue> {
  return { [ATTRIBUTE.leaseSeconds]: lease?.seconds ?? 0, [ATTRIBUTE.leaseUntil]: lease?.until ?? 0 };
}
