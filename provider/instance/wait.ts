import { jobIdOf } from "../../contract/global-job-id.ts";
import type { Context } from "../context.ts";
import { CommandFailedError, PoolUnreachableError } from "../htcondor/errors.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import type { Operation } from "../operation.ts";
import { EndedError, HeldError } from "./errors.ts";
import { hasEnded, isReady, type Observation, observe, waitingFor } from "./state.ts";

/** Who waits looks so often. */
const TICK_MILLISECONDS = 1000;

/** Where in the second this process looks, so that many processes do not ask the schedd all at once. */
const PHASE_MILLISECONDS = Math.floor(Math.random() * TICK_MILLISECONDS);

/** A tick that is nearer than this is left to those who waited for it already. */
const TICK_LEAST_MILLISECONDS = 200;

/**
 * Waits for the next tick, which all who wait in this process share: they ask together, and the gatherer makes one
 * command of it, however many they are.
 */
export async function nextTick(operation: Operation, waitedFor: string, remedy?: string): Promise<void> {
  const until = TICK_MILLISECONDS - ((Date.now() - PHASE_MILLISECONDS) % TICK_MILLISECONDS);
  await operation.pause(until < TICK_LEAST_MILLISECONDS ? until + TICK_MILLISECONDS : until, waitedFor, remedy);
}

/**
 * Waits until the machine runs and its address is known, within the operation. A hold, a removal or the machine's end
 * ends the wait at once.
 *
 * @param onSeen - is told what was seen each time, so that whoever fails later can say what is known
 * @throws HeldError, EndedError, TimedOutError, InterruptedError, and what the pool throws but its silence
 */
export async function waitUntilReady(
  id: string,
  context: Context,
  operation: Operation,
  onSeen: (seen: Observation) => void,
): Promise<Observation> {
  const about = `job ${jobIdOf(id)}`;
  const remedy = `\`pulumi up\` goes on waiting for it, \`pulumi destroy\` removes it; \`condor_q -better-analyze ${jobIdOf(id)}\` says why a job waits.`;
  for (;;) {
    const seen = await patiently(operation, about, () => look(id, context));
    onSeen(seen);
    if (isReady(seen)) return seen;
    if (seen.state === "held") throw held(id, seen);
    if (hasEnded(seen)) throw ended(id, seen);
    const doing = waitingFor(seen);
    operation.progress(doing);
    await nextTick(operation, `${about} was ${doing}`, remedy);
  }
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
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof PoolUnreachableError)) throw error;
      const doing = waitingForPool(error);
      operation.progress(doing);
      await nextTick(operation, `${about} was ${doing}`, error.remedy);
    }
  }
}

/** What is being waited for while a daemon is silent, in one line, HTCondor's words kept. */
function waitingForPool(error: PoolUnreachableError): string {
  return `waiting for the pool to answer (${(error.why ?? error.what).replace(/\s+/g, " ")})`;
}

/** Looks once: queue and node, and the history where the queue knows the job no more. */
async function look(id: string, context: Context): Promise<Observation> {
  const job = await context.pool.find(id);
  if (job !== undefined) return await lookAt(job, context);
  const past = await pastOf(id, context);
  throw ended(id, past === undefined ? undefined : observe(past, undefined));
}

/** What the history says of a job that left the queue. An access point may keep none: then nothing is known. */
export async function pastOf(id: string, context: Context): Promise<QueueJob | undefined> {
  try {
    return await context.pool.history(id);
  } catch (error) {
    if (error instanceof CommandFailedError) return undefined;
    throw error;
  }
}

/** What a job's node says of its machine, joined with what the queue says. */
export async function lookAt(job: QueueJob, context: Context): Promise<Observation> {
  return observe(job, job.slot === "" ? undefined : await context.pool.machine(job));
}

function held(id: string, seen: Observation): HeldError {
  return new HeldError({
    what: `HTCondor holds the job ${jobIdOf(id)}.`,
    why: seen.message,
    remedy: `When the cause is gone: \`condor_release ${jobIdOf(id)}\`, then \`pulumi up\`. \`pulumi destroy\` removes the job.`,
  });
}

function ended(id: string, seen: Observation | undefined): EndedError {
  const how = seen?.state === "completed" ? "its guest powered off" : "its job was removed";
  return new EndedError({
    what: `The machine of job ${jobIdOf(id)} ended while it was waited for: ${how}.`,
    why: seen === undefined ? "Neither the queue nor the history knows the job any more." : seen.message,
    remedy: `\`condor_history -long ${jobIdOf(id)}\` may tell more; \`pulumi refresh\`, then \`pulumi up\` makes a new one.`,
  });
}
