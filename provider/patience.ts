import { PoolUnreachableError, UnexpectedOutputError } from "./htcondor/errors.ts";
import type { Operation } from "./operation.ts";

/** How long those bear with a silent pool who have no deadline of their own: a schedd that restarts is back in 11 s. */
export const PATIENCE_SECONDS = 60;

/** Who waits looks so often. */
const TICK_MILLISECONDS = 1000;

/** A silent pool is asked less and less often, but at least once in so many ticks. */
const BACK_OFF_TICKS = 8;

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
 * Does one step of an operation, again and again while the pool is silent: a schedd that restarts is back in seconds,
 * and its machines do not notice. An answer that cannot be read is asked for once more, for a command may have been
 * cut off; whatever else goes wrong stays wrong.
 *
 * @param step - what asks or changes the pool; may be done several times
 * @param about - what it is about, before "was waiting for the pool to answer"
 * @throws TimedOutError, InterruptedError, and what the step throws but the pool's silence
 */
export async function patiently<T>(operation: Operation, about: string, step: () => Promise<T>): Promise<T> {
  let mayAskAgain = true;
  for (let ticks = 1; ; ) {
    try {
      return await step();
    } catch (error) {
      if (error instanceof UnexpectedOutputError && mayAskAgain) {
        mayAskAgain = false;
      } else if (error instanceof PoolUnreachableError) {
        const doing = waitingForPool(error);
        operation.progress(doing);
        for (let tick = 0; tick < ticks; tick++) await nextTick(operation, `${about} was ${doing}`, error.remedy);
        ticks = Math.min(ticks * 2, BACK_OFF_TICKS);
      } else {
        throw error;
      }
    }
  }
}

/** What is being waited for while a daemon is silent, in one line, HTCondor's words kept. */
function waitingForPool(error: PoolUnreachableError): string {
  return `waiting for the pool to answer (${(error.why ?? error.what).replace(/\s+/g, " ")})`;
}
