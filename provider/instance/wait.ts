import { jobIdOf } from "../../contract/global-job-id.ts";
import { whoHolds } from "../address/holding.ts";
import type { Context } from "../context.ts";
import { TimedOutError } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { nextTick, patiently } from "../patience.ts";
import { EndedError, HeldError } from "./errors.ts";
import { howItEnded } from "./gone.ts";
import type { WaitFor } from "./inputs.ts";
import { type Found, lookBack, lookFor } from "./look.ts";
import { knock } from "./port.ts";
import { QueueTime } from "./queue-time.ts";
import { firstObstacle, leftQueueing, stillQueued } from "./queueing.ts";
import { goalOf, hasEnded, hasFailed, isReady, type Observation, waitingFor } from "./state.ts";
import { cloudInitFailed, type GuestWish, guestLate } from "./wait-failure.ts";

/** HTCondor holds a job a moment before its node has read in vm-gahp's log why; so long the node's words are awaited. */
const REASON_SECONDS = 10;

/** After so long in the queue HTCondor is asked why; an ordinary match takes less. */
const ANALYZE_AFTER_SECONDS = 20;

/** What is waited for, and for how long the machine may queue. */
export interface Wish extends GuestWish {
  /** Absent: as long as the operation may take. */
  readonly maxQueueSeconds?: number | undefined;
}

/** How a wait ended. */
export interface Waited {
  readonly found: Found;
  /** False where the machine was left queueing. */
  readonly ready: boolean;
}

/**
 * Waits until the machine is what is waited for, within the operation. A hold, a removal or the machine's end ends the
 * wait at once, as a cloud-init does that failed; a machine that queues longer than it may is left to queue, with a warning.
 *
 * @param onSeen - is told what was seen each time, so that whoever fails later can say what is known
 * @param first - the machine as it was just seen: all that whoever waits for its submission needs
 * @throws HeldError, EndedError, CloudInitFailedError, UnsatisfiableError, TimedOutError, InterruptedError, and what the pool throws but its
 *   silence
 */
export async function waitUntilReady(
  id: string,
  wish: Wish,
  context: Context,
  operation: Operation,
  onSeen: (found: Found) => void,
  first?: Found,
): Promise<Waited> {
  const about = `job ${jobIdOf(id)}`;
  let reasonAwaitedUntil: number | undefined;
  const queueTime = new QueueTime();
  let analysis: string[] | undefined;
  let hint: string | undefined;
  let known = wish.waitFor === "submitted" ? first : undefined;
  for (;;) {
    const found = known ?? (await patiently(operation, about, () => look(id, context)));
    known = undefined;
    const { seen } = found;
    onSeen(found);
    if (hasEnded(seen)) throw ended(id, seen);
    const refusal = isReady(seen, wish.waitFor) ? await portRefusal(wish.waitFor, seen, operation) : undefined;
    if (isReady(seen, wish.waitFor) && refusal === undefined) return { found, ready: true };
    if (hasFailed(seen, wish.waitFor)) throw await cloudInitFailed(found, wish, operation, context);
    if (seen.state === "held") {
      reasonAwaitedUntil ??= Date.now() + REASON_SECONDS * 1000;
      if (!seen.awaitsReason || Date.now() >= reasonAwaitedUntil) throw held(id, seen);
    }
    const isQueued = seen.state === "queued";
    const queuedSeconds = queueTime.after(isQueued);
    const mayQueueSeconds = wish.maxQueueSeconds ?? Number.POSITIVE_INFINITY;
    if (isQueued && queuedSeconds >= Math.min(mayQueueSeconds, ANALYZE_AFTER_SECONDS)) {
      analysis ??= await context.pool.analyze(found.job);
    }
    if (isQueued && queuedSeconds >= mayQueueSeconds) {
      operation.warn(await leftQueueing(found, mayQueueSeconds, analysis ?? [], context));
      return { found, ready: false };
    }
    if (isQueued && analysis !== undefined) hint ??= analysis[0] ?? (await firstObstacle(found, context));
    const holder = isQueued ? await whoHolds(found.job, context) : undefined;
    const doing = waitingFor(seen, wish.waitFor, isQueued ? (holder ?? hint) : refusal);
    operation.progress(doing);
    await nextTick(operation, `${about} was ${doing}`, remedyFor(id, wish, seen)).catch(async (error: unknown) => {
      if (!(error instanceof TimedOutError)) throw error;
      if (isQueued) throw await stillQueued(error, found, analysis ?? [], context);
      throw seen.state === "running" ? await guestLate(error, found, wish, operation, context) : error;
    });
  }
}

function remedyFor(id: string, { waitFor }: Wish, { state }: Observation): string {
  const going = `\`pulumi up\` goes on waiting until ${goalOf(waitFor)}, \`pulumi destroy\` removes it`;
  return state === "running"
    ? `${going}.`
    : `${going}; \`condor_q -better-analyze ${jobIdOf(id)}\` says why a job waits.`;
}

/** Why the port that is waited for does not accept a connection; undefined where it does, and where there is none. */
async function portRefusal(
  waitFor: WaitFor,
  { ipAddress }: Observation,
  { signal }: Operation,
): Promise<string | undefined> {
  return typeof waitFor === "object" ? await knock(ipAddress, waitFor.tcpPort, signal) : undefined;
}

/** Looks once; throws where the job has left the queue. */
async function look(id: string, context: Context): Promise<Found> {
  const found = await lookFor(id, context);
  if (found !== undefined) return found;
  throw ended(id, (await lookBack(id, context))?.seen);
}

function held(id: string, seen: Observation): HeldError {
  return new HeldError(id, {
    what: `HTCondor holds the job ${jobIdOf(id)}.`,
    why: seen.message,
    remedy: `When the cause is gone: \`condor_release ${jobIdOf(id)}\`, then \`pulumi up\`. \`pulumi destroy\` removes the job.`,
  });
}

function ended(id: string, seen: Observation | undefined): EndedError {
  return new EndedError(id, {
    what: `The machine of job ${jobIdOf(id)} ended while it was waited for: ${howItEnded(seen)}.`,
    remedy: `\`condor_history -long ${jobIdOf(id)}\` may tell more; \`pulumi refresh\`, then \`pulumi up\` makes a new one.`,
  });
}
