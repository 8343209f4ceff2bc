import type { Context } from "../context.ts";
import { CommandFailedError } from "../htcondor/errors.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import { ResourceUrn, stackOf } from "./resource-urn.ts";
import { hasEnded, mayHaveFailed, type Observation, observe } from "./state.ts";

/** A machine's job, and what is seen of it. */
export interface Found {
  readonly job: QueueJob;
  readonly seen: Observation;
}

/** Looks once: at queue and node; undefined when the job has left the queue. */
export async function lookFor(id: string, context: Context): Promise<Found | undefined> {
  const job = await context.pool.find(id);
  return job === undefined ? undefined : { job, seen: await lookAt(job, context) };
}

/** What the history says of a job that left the queue; undefined where it knows nothing of it. */
export async function lookBack(id: string, context: Context): Promise<Found | undefined> {
  const job = await pastOf(id, context);
  return job === undefined ? undefined : { job, seen: await lookAt(job, context) };
}

/** A machine as the queue has it; where it has ended, what was last seen of it, as far as the history knows. */
export type Looked =
  | { readonly found: Found; readonly last?: undefined }
  | { readonly found?: undefined; readonly last: Observation | undefined };

/** Looks in the queue, and into the history before it says that a machine is gone. */
export async function lookThoroughly(id: string, context: Context): Promise<Looked> {
  const found = await lookFor(id, context);
  if (found === undefined) return { last: (await lookBack(id, context))?.seen };
  return hasEnded(found.seen) ? { last: found.seen } : { found };
}

/**
 * What a read sees of a machine: as a look at its whole stack showed it in the last seconds, so that the reads of a refresh
 * share one; where that does not show it living, looked at by itself as thoroughly as can be.
 *
 * @param resourceUrn - whose it is, where its state says so
 */
export async function lookWithOthers(id: string, resourceUrn: unknown, context: Context): Promise<Looked> {
  const urn = ResourceUrn.safeParse(resourceUrn);
  const recent = urn.success ? (await context.pool.recent(stackOf(urn.data))).get(id) : undefined;
  if (recent === undefined) return await lookThoroughly(id, context);
  const { job, report, failure } = recent;
  const seen = observe(job, report, mayHaveFailed(job, report) ? failure : undefined);
  return hasEnded(seen) ? await lookThoroughly(id, context) : { found: { job, seen } };
}

/** What a job's node says of its machine, joined with what the queue says, and why it failed where it did. */
export async function lookAt(job: QueueJob, context: Context): Promise<Observation> {
  const report = job.slot === "" ? undefined : await context.pool.machine(job);
  return observe(job, report, mayHaveFailed(job, report) ? await context.pool.failure(job) : undefined);
}

/** An access point may keep no history: then nothing is known. */
async function pastOf(id: string, context: Context): Promise<QueueJob | undefined> {
  try {
    return await context.pool.history(id);
  } catch (error) {
    if (error instanceof CommandFailedError) return undefined;
    throw error;
  }
}
