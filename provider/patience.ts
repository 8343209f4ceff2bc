import { PoolUnreachableError, UnexpectedOutputError } from "./htcondor/errors.ts";
import type { Operation } from "./operation.ts";
import { Ticks } from "./ticks.ts";

/** How long those bear with a silent pool who have no deadline of their own: a schedd that restarts is back in 11 s. */
export const PATIENCE_SECONDS = 60;

/** A silent pool is asked less and less often, but about once in so many seconds. */
const BACK_OFF_SECONDS = 8;

/** How that begins which is said while the pool is silent. */
export const WAITING_FOR_POOL = "waiting for the pool to answer";

/** A process has one rhythm, whatever it waits for. */
const ticks = new Ticks();

/**
 * Waits for the next tick, which all who wait in this process share: they ask together, and the gatherer makes one
 * command of it, however many they are. Ticks are half a second apart while something new is seen, and up to five seconds
 * when nothing has changed for minutes.
 *
 * @param waitedFor - what is waited for and what was last seen: what this operation has not said before is something new
 */
export async function nextTick(operation: Operation, waitedFor: string, remedy?: string): Promise<void> {
  await operation.pause(ticks.next(operation, waitedFor), waitedFor, remedy);
}

/** Has those who wait look often again, for something new happened that no words of a wait tell. */
export function somethingNew(): void {
  ticks.news();
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
  for (let seconds = 0.5; ; seconds = Math.min(seconds * 2, BACK_OFF_SECONDS)) {
    try {
      return await step();
    } catch (error) {
      if (error instanceof UnexpectedOutputError && mayAskAgain) {
        mayAskAgain = false;
      } else if (error instanceof PoolUnreachableError) {
        const doing = waitingForPool(error);
        operation.progress(doing);
        const silentUntil = performance.now() + seconds * 1000;
        do await nextTick(operation, `${about} was ${doing}`, error.remedy);
        while (performance.now() < silentUntil);
      } else {
        throw error;
      }
    }
  }
}

/** What is being waited for while a daemon is silent, in one line, HTCondor's words kept. */
function waitingForPool(error: PoolUnreachableError): string {
  return `${WAITING_FOR_POOL} (${(error.why ?? error.what).replace(/\s+/g, " ")})`;
}
