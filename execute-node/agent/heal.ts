import type { Log } from "./log.ts";
import { messageOf } from "./refusal.ts";
import type { StartdView, VmAbility } from "./startd.ts";
import type { Trouble } from "./trouble.ts";

/** How long a node that falls out again soon after it was put back stays out, in seconds: first, and at most. */
const WAIT_FIRST_SECONDS = 10;
const WAIT_MAX_SECONDS = 600;

/** A node that was whole for so long, in seconds, begins anew: it is put back at once. */
const WHOLE_SECONDS = 900;

/** How soon a probe that failed is made again, in milliseconds. It costs no job anything. */
const PROBE_AGAIN_MS = 10_000;

/** How often to look, in milliseconds: while all is well, and while the node is out. */
const CALM_MS = 10_000;
const OUT_MS = 2000;

/** What a healer works with. */
export interface HealerParts {
  readonly askStartd: () => Promise<StartdView | undefined>;
  /** Throws when a machine could not start here. */
  readonly probe: () => Promise<void>;
  readonly putBack: () => Promise<void>;
  /** What vm-gahp complained about of late. */
  readonly complaint: () => string | undefined;
  readonly trouble: Trouble;
  readonly log: Log;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

interface Outage {
  /** Whose words the reason is. */
  readonly ability: Exclude<VmAbility, { able: true }>;
  readonly complaint: string | undefined;
  tryAt: number;
  failure: string | undefined;
}

/**
 * Puts a node back that HTCondor took out of the pool because a machine could not be started: HTCondor itself never
 * does. It is put back once a probe succeeds; where it falls out again soon after, it waits longer each time, so that a
 * node whose fault no probe finds does not eat one job after the other. The startd, and the machines below it, stay
 * untouched.
 */
export class Healer {
  readonly #parts: HealerParts;
  #outage: Outage | undefined;
  #waitSeconds = 0;
  #putBackAt = Number.NEGATIVE_INFINITY;

  constructor(parts: HealerParts) {
    this.#parts = parts;
  }

  /** How long until the next look is due, in milliseconds. */
  get pauseMs(): number {
    return this.#outage === undefined ? CALM_MS : OUT_MS;
  }

  /** Looks once, and does what is due. A startd that does not answer says nothing. */
  async look(): Promise<void> {
    const view = await this.#parts.askStartd().catch(() => undefined);
    if (view === undefined) return;
    if (view.vm.able) return this.#isWhole();
    this.#outage ??= this.#begin(view.vm);
    const { now } = this.#parts;
    if (now() < this.#outage.tryAt) return this.#tell(this.#outage);
    await this.#heal(this.#outage, view.vm);
  }

  #isWhole(): void {
    if (this.#outage === undefined) return;
    this.#parts.log("HTCondor has this node take virtual machines again");
    this.#outage = undefined;
    this.#putBackAt = this.#parts.now();
    this.#parts.trouble.set("HTCondor", undefined);
  }

  #begin(ability: Outage["ability"]): Outage {
    const { now, log, complaint } = this.#parts;
    this.#waitSeconds = waitAfter(this.#waitSeconds, (now() - this.#putBackAt) / 1000);
    const outage = { ability, complaint: complaint(), tryAt: now() + this.#waitSeconds * 1000, failure: undefined };
    log(`HTCondor takes no virtual machines here: ${ability.reason}; vm-gahp: ${outage.complaint ?? "no word"}`);
    return outage;
  }

  async #heal(outage: Outage, ability: Outage["ability"]): Promise<void> {
    const { probe, putBack, log, now } = this.#parts;
    try {
      await probe();
      // What the startd's own test did not find it must find itself, which it tries again by itself.
      if (ability.kind === "offline") await putBack();
      outage.failure = undefined;
    } catch (error) {
      if (outage.failure !== messageOf(error)) log(`the node stays out of the pool: ${messageOf(error)}`);
      outage.failure = messageOf(error);
    }
    outage.tryAt = now() + PROBE_AGAIN_MS;
    this.#tell(outage);
  }

  #tell({ ability, complaint, failure }: Outage): void {
    const cause = [ability.reason, ...(complaint === undefined ? [] : [`vm-gahp: ${complaint}`])].join("; ");
    const next =
      failure === undefined
        ? this.#waitSeconds === 0
          ? ""
          : ` It fell out again soon after it was put back, so it stays out for ${this.#waitSeconds} s.`
        : ` It comes back when a test machine can be created, which fails: ${failure}.`;
    this.#parts.trouble.set("HTCondor", `HTCondor takes no virtual machines here (${cause}).${next}`);
  }
}

/**
 * How long a node stays out that has just fallen out, in seconds.
 *
 * @param previous - how long it stayed out the last time
 * @param wholeSeconds - how long it was whole since
 */
export function waitAfter(previous: number, wholeSeconds: number): number {
  if (wholeSeconds >= WHOLE_SECONDS) return 0;
  return previous === 0 ? WAIT_FIRST_SECONDS : Math.min(previous * 2, WAIT_MAX_SECONDS);
}
