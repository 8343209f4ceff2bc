import { performance } from "node:perf_hooks";

/**
 * For how long a machine has queued in one wait, all its times in the queue together: one that node after node sends
 * back would else queue for ever anew. By a clock that nobody sets.
 */
export class QueueTime {
  #seconds = 0;
  #queuedAt: number | undefined;

  /** Takes note of a look; answers for how many seconds the machine has queued by now. */
  after(isQueued: boolean, nowMilliseconds: number = performance.now()): number {
    this.#seconds += this.#queuedAt === undefined ? 0 : (nowMilliseconds - this.#queuedAt) / 1000;
    this.#queuedAt = isQueued ? nowMilliseconds : undefined;
    return this.#seconds;
  }
}
