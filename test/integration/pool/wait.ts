import { setTimeout as sleep } from "node:timers/promises";

/** How long to rest between two looks, in milliseconds. */
const PAUSE_MS = 300;

/** Asks until the answer is as wanted; gives up with what it saw last. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  seconds = 90,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s; last seen: ${JSON.stringify(answer)}`);
    await sleep(PAUSE_MS);
  }
}
