import type { Context } from "../context.ts";
import { InvalidInputError } from "../errors.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import { leaseAttributes, poolSeconds } from "./lease.ts";

/** A machine whose lease was renewed. */
export interface Renewal {
  /** The GlobalJobId. */
  readonly id: string;
  /** `cluster.proc`. */
  readonly jobId: string;
  readonly name: string;
  /** ISO 8601, by the access point's clock. */
  readonly leaseEndsAt: string;
  /** Seconds until then. */
  readonly leaseLeftSeconds: number;
}

/**
 * Begins a machine's lease anew, now, by the access point's clock. Its own length stays what it was, so that a renewal
 * is no drift; a machine without a lease gets one of the length that is given.
 *
 * @param givenSeconds - for how long; undefined: for as long as its own lease is
 * @throws InvalidInputError for a machine that cannot be read, that is still being made, or has no lease to renew
 */
export async function renewLease(job: QueueJob, givenSeconds: number | undefined, context: Context): Promise<Renewal> {
  const jobId = `${job.clusterId}.${job.procId}`;
  if (job.cloud === undefined) {
    throw new InvalidInputError({
      what: `The job ${jobId} cannot be read as a machine, so it has no lease to renew.`,
      why: "Somebody edited its attributes, or another version of this package submitted it.",
      remedy: `\`condor_q -long ${jobId}\` shows it.`,
    });
  }
  const { spec, acknowledged, lease } = job.cloud.job;
  if (!acknowledged) {
    throw new InvalidInputError({
      what: `The machine ${spec.name} (${jobId}) is still being made, so it has no lease to renew.`,
      remedy: "Its lease begins when the `pulumi up` that makes it is done with it.",
    });
  }
  const seconds = givenSeconds ?? lease?.seconds;
  if (seconds === undefined) {
    throw new InvalidInputError({
      what: `The machine ${spec.name} (${jobId}) has no lease: it stays until somebody removes it.`,
      remedy: "Give it one with `--for 4h`, or in its program with `lease`.",
    });
  }
  const until = poolSeconds(job) + seconds;
  await context.pool.edit(job.globalJobId, leaseAttributes({ seconds: lease?.seconds ?? seconds, until }));
  return {
    id: job.globalJobId,
    jobId,
    name: spec.name,
    leaseEndsAt: new Date(until * 1000).toISOString(),
    leaseLeftSeconds: seconds,
  };
}
