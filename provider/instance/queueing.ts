import type { Context } from "../context.ts";
import { CloudError, TimedOutError } from "../errors.ts";
import { type Never, whyNever } from "./capacity.ts";
import { UnsatisfiableError } from "./errors.ts";
import type { Found } from "./look.ts";
import { needsOf } from "./needs.ts";
import { obstacles } from "./obstacles.ts";

/** What is said of a machine that queued longer than it may, and goes on queueing. */
export async function leftQueueing(
  { job }: Found,
  mayQueueSeconds: number,
  analysis: readonly string[],
  context: Context,
): Promise<string> {
  const why = [...(await whyQueued({ job }, context)).lines, ...analysis];
  const name = job.cloud?.job.spec.name ?? `job ${job.clusterId}.${job.procId}`;
  return [
    `${name} still queues after ${mayQueueSeconds} s and was left to: it starts when a node takes it.`,
    ...why,
    "The next `pulumi up` goes on waiting for it.",
  ].join("\n  ");
}

/**
 * A time that was over while no node took the machine, with what stands in each node's way and HTCondor's own words.
 *
 * @returns UnsatisfiableError where no node of the pool could ever hold it
 */
export async function stillQueued(
  error: TimedOutError,
  found: Found,
  analysis: readonly string[],
  context: Context,
): Promise<CloudError> {
  const { never, lines } = await whyQueued(found, context);
  const why = [...lines, ...analysis].filter((line) => !error.what.includes(line)).join("\n  ");
  if (never === undefined) return new TimedOutError({ what: error.what, why, remedy: error.remedy });
  return new UnsatisfiableError(found.job.globalJobId, {
    what: error.what,
    why: `${never.reason}.\n  ${why}`.trimEnd(),
    remedy: "`pulumi destroy` removes it. Ask for less, or for a node that is large enough; then `pulumi up`.",
  });
}

/** The first of what stands in the nodes' way, for a line of progress; empty where nothing is known. */
export async function firstObstacle(found: Found, context: Context): Promise<string> {
  const { lines } = await whyQueued(found, context);
  return lines[0] ?? "";
}

/** Why a machine queues, a line each: what stands in each node's way, then HTCondor's own words. */
export async function whyItQueues(job: Found["job"], context: Context): Promise<string[]> {
  const [{ lines }, analysis] = await Promise.all([whyQueued({ job }, context), context.pool.analyze(job)]);
  return [...lines, ...analysis];
}

/** Why a machine queues, as the nodes report; nothing where the pool cannot be asked, for the wait's end counts more. */
async function whyQueued(
  { job }: Pick<Found, "job">,
  context: Context,
): Promise<{ never?: Never | undefined; lines: string[] }> {
  if (job.cloud === undefined) return { lines: [] };
  try {
    const nodes = await context.pool.nodes();
    const needs = needsOf(job.cloud.job);
    return { never: whyNever(needs, nodes), lines: obstacles(needs, nodes, Date.now()) };
  } catch (failure) {
    if (failure instanceof CloudError) return { lines: [] };
    throw failure;
  }
}
