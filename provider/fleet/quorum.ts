import { QueueTime } from "../instance/queue-time.ts";

/** When those who still wait for a member need not wait any longer. */
export interface QuorumRule {
  /** So many members of the fleet must be ready; absent: all, so that nobody is left. */
  readonly minReady: number | undefined;
  /** How long the others are waited for while they queue, in seconds. */
  readonly maxQueueSeconds: number;
  /** How many members of the whole fleet are ready by now. */
  readonly countReady: () => number;
}

/**
 * Ends the waits for members of a fleet once enough of them are ready and all others have queued for long: one that a
 * node has taken is on its way, and is waited for.
 */
export class Quorum {
  readonly #rule: QuorumRule;
  readonly #waiting = new Map<string, QueueTime>();
  readonly #queuedSeconds = new Map<string, number>();
  readonly #over = new AbortController();
  #isDue = false;

  constructor(rule: QuorumRule, names: readonly string[]) {
    this.#rule = rule;
    for (const name of names) this.#waiting.set(name, new QueueTime());
  }

  /** Aborted once the rest is left to queue. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** A member that is waited for was seen. */
  see(name: string, isQueued: boolean): void {
    const seconds = this.#waiting.get(name)?.after(isQueued);
    if (isQueued && seconds !== undefined) this.#queuedSeconds.set(name, seconds);
    else this.#queuedSeconds.delete(name);
    this.#judgeSoon();
  }

  /** A member is waited for no longer. */
  settle(name: string): void {
    this.#waiting.delete(name);
    this.#queuedSeconds.delete(name);
    this.#judgeSoon();
  }

  /** Once for all that come to be seen in one look. */
  #judgeSoon(): void {
    if (this.#rule.minReady === undefined || this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (this.#isMet(this.#rule.minReady ?? 0)) this.#over.abort();
    });
  }

  #isMet(minReady: number): boolean {
    const { maxQueueSeconds, countReady } = this.#rule;
    if (this.#queuedSeconds.size < this.#waiting.size) return false;
    for (const seconds of this.#queuedSeconds.values()) if (seconds < maxQueueSeconds) return false;
    return countReady() >= minReady;
  }
}
