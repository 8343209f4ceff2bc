import type { Progress } from "../operation.ts";

/** What members do, in the order in which it is told. */
const ORDER = ["starting", "preparing", "prepared", "running", "queued", "held"];

/**
 * Sums up what the members of a fleet do, in one line: `12 of 24 ready, 8 starting, 4 queued`. What all of them come to
 * see in one look makes one message.
 */
export class FleetProgress {
  readonly #show: Progress;
  readonly #states = new Map<string, string>();
  #heading = "";
  #aside = "";
  #shown = "";
  #isDue = false;

  constructor(show: Progress) {
    this.#show = show;
  }

  /** Says what stands before the sum: how far a roll is. */
  head(text: string): void {
    this.#heading = text;
    this.#change();
  }

  /** A member does this now; `ready`, it is what it should be. */
  see(name: string, state: string): void {
    this.#aside = "";
    this.#states.set(name, state);
    this.#change();
  }

  /** A member is none any more. */
  forget(name: string): void {
    this.#states.delete(name);
  }

  /** What a member says besides, such as that the pool is silent; stands until one is seen again. */
  say(text: string): void {
    this.#aside = text;
    this.#change();
  }

  /** Nothing is shown any more. */
  end(): void {
    this.#isDue = false;
    this.#shown = "";
    this.#show("");
  }

  #change(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      if (!this.#isDue) return;
      this.#isDue = false;
      const line = this.#line();
      if (line !== this.#shown) this.#show(line);
      this.#shown = line;
    });
  }

  #line(): string {
    const counts = new Map<string, number>();
    for (const state of this.#states.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    const ready = counts.get("ready") ?? 0;
    counts.delete("ready");
    const others = [...counts].sort(([one], [other]) => placeOf(one) - placeOf(other));
    const sum = [`${ready} of ${this.#states.size} ready`, ...others.map(([state, count]) => `${count} ${state}`)];
    const line = this.#states.size === 0 ? "" : sum.join(", ");
    return [this.#heading, line, this.#aside].filter((part) => part !== "").join("; ");
  }
}

function placeOf(state: string): number {
  const place = ORDER.indexOf(state);
  return place < 0 ? ORDER.length : place;
}
