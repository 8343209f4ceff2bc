import { performance } from "node:perf_hooks";
import { jobIdOf } from "../../contract/global-job-id.ts";
import type { Context } from "../context.ts";
import { TimedOutError } from "../errors.ts";
import { PoolUnreachableError } from "../htcondor/errors.ts";
import type { Operation } from "../operation.ts";
import { EndedError, HeldError } from "./errors.ts";
import { howItEnded } from "./gone.ts";
import type { WaitFor } from "./inputs.ts";
import { type Found, lookBack, lookFor } from "./look.ts";
import { knock } from "./port.ts";
import { leftQueueing, stillQueued } from "./queueing.ts";
import { hasEnded, isReady, type Observation, waitingFor } from "./state.ts";

/** Who waits looks so often. */
const TICK_MILLISECONDS = 1000;

/** A silent pool is asked less and less often, but at least once in so many ticks. */
const BACK_OFF_TICKS = 8;

/** Where in the second this process looks, so that many processes do not ask the schedd all at once. */
const PHASE_MILLISECONDS = Math.floor(Math.random() * TICK_MILLISECONDS);

/** A tick that is nearer than this is left to those who waited for it already. */
const TICK_LEAST_MILLISECONDS = 200;

/** HTCondor holds a job a moment before its node has read in vm-gahp's log why; so long the node's words are awaited. */
const REASON_SECONDS = 10;

/**
 * Waits for the next tick, which all who wait in this process share: they ask together, and the gatherer makes one
 * command of it, however many they are.
 */
export async function nextTick(operation: Operation, waitedFor: string, remedy?: string): Promise<void> {
  const until = TICK_MILLISECONDS - ((Date.now() - PHASE_MILLISECONDS) % TICK_MILLISECONDS);
  await operation.pause(until < TICK_LEAST_MILLISECONDS ? until + TICK_MILLISECONDS : until, waitedFor, remedy);
}

/** After so long in the queue HTCondor is asked why; an ordinary match takes less. */
const ANALYZE_AFTER_SECONDS = 20;

/** What is waited for, and for how long the machine may queue. */
export interface Wish {
  readonly waitFor: WaitFor;
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
 * wait at once; a machine that queues longer than it may is left to queue, with a warning.
 *
 * @param onSeen - is told what was seen each time, so that whoever fails later can say what is known
 * @throws HeldError, EndedError, UnsatisfiableError, TimedOutError, InterruptedError, and what the pool throws but its
 *   silence
 */
export async function waitUntilReady(
  id: string,
  wish: Wish,
  context: Context,
  operation: Operation,
  onSeen: (found: Found) => void,
): Promise<Waited> {
  const about = `job ${jobIdOf(id)}`;
  let reasonAwaitedUntil: number | undefined;
  let queuedSince: number | undefined;
  let analysis: string[] | undefined;
  for (;;) {
    const found = await patiently(operation, about, () => look(id, context));
    const { seen } = found;
    onSeen(found);
    if (hasEnded(seen)) throw ended(id, seen);
    const refusal = isReady(seen, wish.waitFor) ? await portRefusal(wish.waitFor, seen) : undefined;
    if (isReady(seen, wish.waitFor) && refusal === undefined) return { found, ready: true };
    if (seen.state === "held") {
      reasonAwaitedUntil ??= Date.now() + REASON_SECONDS * 1000;
      if (!seen.awaitsReason || Date.now() >= reasonAwaitedUntil) throw held(id, seen);
    }
    if (seen.state === "queued") {
      queuedSince ??= performance.now();
      const queuedSeconds = (performance.now() - queuedSince) / 1000;
      if (queuedSeconds >= (wish.maxQueueSeconds ?? Number.POSITIVE_INFINITY)) {
        operation.warn(await leftQueueing(found, wish, context));
        return { found, ready: false };
      }
      if (queuedSeconds >= ANALYZE_AFTER_SECONDS) analysis ??= await context.pool.analyze(id);
    } else {
      queuedSince = undefined;
      analysis = undefined;
    }
    const doing = waitingFor(seen, wish.waitFor, refusal ?? analysis?.[0]);
    operation.progress(doing);
    await nextTick(operation, `${about} was ${doing}`, remedyFor(id)).catch(async (error: unknown) => {
      throw error instanceof TimedOutError && seen.state === "queued"
        ? await stillQueued(error, found, analysis ?? [], context)
        : error;
    });
  }
}

function remedyFor(id: string): string {
  return `\`pulumi up\` goes on waiting for it, \`pulumi destroy\` removes it; \`condor_q -better-analyze ${jobIdOf(id)}\` says why a job waits.`;
}

/** Why the port that is waited for does not accept a connection; undefined where it does, and where there is none. */
async function portRefusal(waitFor: WaitFor, { ipAddress }: Observation): Promise<string | undefined> {
  return typeof waitFor === "object" ? await knock(ipAddress, waitFor.tcpPort) : undefined;
}

/** Looks once; throws where the job has left the queue. */
async function look(id: string, context: Context): Promise<Found> {
  const found = await lookFor(id, context);
  if (found !== undefined) return found;
  throw ended(id, (await lookBack(id, context))?.seen);
}

/**
 * Does one step of an operation, again and again while the pool is silent: a schedd that restarts is back in seconds,
 * and its machines do not notice.
 *
 * @param step - what asks or changes the pool; may be done several times
 * @param about - what it is about, before "was waiting for the pool to answer"
 * @throws TimedOutError, InterruptedError, and what the step throws but the pool's silence
 */
export async function patiently<T>(operation: Operation, about: string, step: () => Promise<T>): Promise<T> {
  for (let ticks = 1; ; ticks = Math.min(ticks * 2, BACK_OFF_TICKS)) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof PoolUnreachableError)) throw error;
      const doing = waitingForPool(error);
      operation.progress(doing);
      for (let tick = 0; tick < ticks; tick++) await nextTick(operation, `${about} was ${doing}`, error.remedy);
    }
  }
}

/** What is being waited for while a daemon is silent, in one line, HTCondor's words kept. */
function waitingForPool(error: PoolUnreachableError): string {
  return `waiting for the pool to answer (${(error.why ?? error.what).replace(/\s+/g, " ")})`;
}

function held(id: string, seen: Observation): HeldError {
  return new HeldError({
    what: `HTCondor holds the job ${jobIdOf(id)}.`,
    why: seen.message,
    remedy: `When the cause is gone: \`condor_release ${jobIdOf(id)}\`, then \`pulumi up\`. \`pulumi destroy\` removes the job.`,
  });
}

function ended(id: string, seen: Observation | undefined): EndedError {
  return new EndedError({
    what: `The machine of job ${jobIdOf(id)} ended while it was waited for: ${howItEnded(seen)}.`,
    remedy: `\`condor_history -long ${jobIdOf(id)}\` may tell more; \`pulumi refresh\`, then \`pulumi up\` makes a new one.`,
  });
}
