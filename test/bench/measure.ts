import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks every 50 ms until the answer is good enough, so that the asking is not what is measured.
 *
 * @throws Error saying what was waited for and what was seen last
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isGood: (seen: T) => boolean,
  seconds = 180,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await ask();
    if (isGood(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} s for ${what}; last seen: ${JSON.stringify(seen)}.`);
    await sleep(50);
  }
}

/** The value in the middle; of an even number of values the upper of the two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A row of a table: the least, the middle and the greatest value. */
export function spread(what: string, values: readonly number[], digits: number): string[] {
  return [what, ...[Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(digits))];
}
