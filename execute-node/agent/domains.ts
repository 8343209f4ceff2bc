import type { DomainEvent } from "./events.ts";
import { type DomainFacts, type DomainState, describeDomain, describeDomains } from "./libvirt.ts";

/** What is known of this node's domains: each is read once, and again when an event says that it may have changed. */
export class Domains {
  /** What libvirt said of each domain that it has, by its name. What it could not say now is asked again. */
  readonly #facts = new Map<string, DomainFacts | "foreign">();
  /** When libvirt told that a domain's guest runs, by the domain's name; milliseconds of {@link performance.now}. */
  readonly #resumedAt = new Map<string, number>();

  /** Takes note of an event; undefined: some may have been missed. */
  note(event: DomainEvent | undefined): void {
    if (event === undefined) {
      this.#facts.clear();
      this.#resumedAt.clear();
      return;
    }
    if (isResumed(event)) this.#resumedAt.set(event.domain, performance.now());
    else if (!isStarted(event)) this.#resumedAt.delete(event.domain);
    // Where its guest goes on, and where libvirt says that all of its start is done, nothing else changed.
    if (!isResumed(event) && !isStarted(event)) this.#facts.delete(event.domain);
  }

  /** Forgets what a list of all domains does not have. */
  keep(listed: ReadonlyMap<string, unknown>): void {
    for (const known of [this.#facts, this.#resumedAt]) {
      for (const name of known.keys()) if (!listed.has(name)) known.delete(name);
    }
  }

  /** Reads what is not known of these domains. What could not be read is left to {@link of}. */
  async read(names: Iterable<string>): Promise<void> {
    const unknown = [...names].filter((name) => !isWhole(this.#facts.get(name)));
    const described = await describeDomains(unknown).catch(() => []);
    for (const [name, facts] of described) this.#facts.set(name, facts);
  }

  /** Only answers are kept. @throws Error when libvirt cannot describe the domain now */
  async of(name: string): Promise<DomainFacts | "foreign"> {
    const known = this.#facts.get(name);
    if (known !== undefined) return known;
    const facts = await describeDomain(name);
    this.#facts.set(name, facts);
    return facts;
  }

  /**
   * What a domain does by a list and by what was told since: a guest begins while others are being described.
   *
   * @param listedAt - when the list was asked for; milliseconds of {@link performance.now}
   */
  latest(name: string, listed: DomainState, listedAt: number): DomainState {
    const resumedAt = this.#resumedAt.get(name) ?? Number.NEGATIVE_INFINITY;
    return listed === "paused" && resumedAt >= listedAt ? "running" : listed;
  }
}

/** Whether all is known that may be: a console's port may come later than the rest. */
function isWhole(facts: DomainFacts | "foreign" | undefined): boolean {
  return facts === "foreign" || facts?.vncAddress !== undefined;
}

/** Whether a domain's guest goes on; libvirt starts each domain with a guest that is paused. */
export function isResumed({ what }: DomainEvent): boolean {
  return /^Resumed\b/.test(what);
}

function isStarted({ what }: DomainEvent): boolean {
  return /^Started\b/.test(what);
}
