/**
 * When those who wait look: at instants that all of this process share, close together while something new happens and
 * further apart when nothing does. Instants are computed, not kept: there is no timer but those of who waits.
 */

/** Who waits looks so often when nothing has changed anywhere in the process for so long; all in milliseconds. */
const PACES: readonly { readonly unchanged: number; readonly every: number }[] = [
  { unchanged: 600_000, every: 5000 },
  { unchanged: 120_000, every: 2000 },
  { unchanged: 15_000, every: 1000 },
  { unchanged: 0, every: 500 },
];

/** The pace of those who see something new. */
const QUICKEST = 500;

/** An instant that is nearer than this part of a pace is left to those who waited for it already. */
const NEAREST_PART = 0.25;

/** The common instants of those who wait. All times are of one clock that nobody sets, in milliseconds. */
export class Ticks {
  readonly #now: () => number;
  /** Where in time this process looks, so that many processes do not ask the schedd all at once. */
  readonly #phase: number;
  #changedAt = Number.NEGATIVE_INFINITY;
  /** What each wait has seen already, so that a machine that goes to and fro is news once. */
  readonly #seen = new WeakMap<object, Set<string>>();

  constructor(now: () => number = () => performance.now(), phase: number = Math.random() * QUICKEST) {
    this.#now = now;
    this.#phase = phase;
  }

  /**
   * The milliseconds until the next common instant. Every pace is a multiple of the quickest, so whoever looks seldom
   * looks when others do.
   *
   * @param whose - who waits
   * @param sees - what it sees; what it never saw before is news, for all who wait
   */
  next(whose: object, sees: string): number {
    const seen = this.#seen.get(whose) ?? new Set();
    this.#seen.set(whose, seen);
    if (!seen.has(sees)) this.news();
    seen.add(sees);
    const now = this.#now();
    const every = PACES.find(({ unchanged }) => now - this.#changedAt >= unchanged)?.every ?? QUICKEST;
    const until = every - ((((now - this.#phase) % every) + every) % every);
    return until < QUICKEST * NEAREST_PART ? until + every : until;
  }

  /** Something new happened: those who wait look often again. */
  news(): void {
    this.#changedAt = this.#now();
  }
}
