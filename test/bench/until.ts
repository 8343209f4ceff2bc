import { setTimeout as sleep } from "node:timers/promises";

/** A plain loop's pause: short beside the seconds that are measured, long beside what one look costs. */
const PAUSE_MILLISECONDS = 100;

/**
 * Asks ten times a second until the answer is good enough, so that the asking is not what is measured.
 *
 * @throws Error saying what was waited for and what was seen last; what the signal was raised with
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isGood: (seen: T) => boolean,
  { seconds = 180, signal }: { readonly seconds?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await ask();
    if (isGood(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} s for ${what}; last seen: ${JSON.stringify(seen)}.`);
    await sleep(PAUSE_MILLISECONDS, undefined, { signal });
  }
}
