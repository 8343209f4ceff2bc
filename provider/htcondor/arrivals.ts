/** Callers further apart than this do not come in a row. */
const ROW_MILLISECONDS = 500;

/** So many of the latest gaps tell how fast callers come. */
const GAPS = 5;

/**
 * How callers arrive one after the other: Pulumi hands over two hundred resources some fifty milliseconds apart, each of
 * them from its own message. A caller who comes again, as whoever waits does with each tick, is no sign of others.
 */
export class Arrivals {
  #gaps: number[] = [];
  #latestAt = Number.NEGATIVE_INFINITY;
  readonly #known = new Set<string>();

  /** Takes note of a caller. */
  note(caller: string, nowMilliseconds: number = performance.now()): void {
    if (this.#known.has(caller)) return;
    this.#known.add(caller);
    const gap = nowMilliseconds - this.#latestAt;
    this.#latestAt = nowMilliseconds;
    this.#gaps = gap > ROW_MILLISECONDS ? [] : [...this.#gaps, gap].slice(-GAPS);
  }

  /** For how long it must be quiet until no other is to be expected; 0 where they do not come in a row. */
  quietMilliseconds(nowMilliseconds: number = performance.now()): number {
    if (nowMilliseconds - this.#latestAt > ROW_MILLISECONDS) return 0;
    const middle = [...this.#gaps].sort((one, other) => one - other)[Math.floor(this.#gaps.length / 2)];
    return 2 * (middle ?? 0);
  }
}
