import { isDeepStrictEqual } from "node:util";
import type { Context } from "../context.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import type { InstanceInputs, WaitFor } from "../instance/inputs.ts";
import { lookAt } from "../instance/look.ts";
import { isStillReady } from "../instance/readiness.ts";
import { isAtRest, isReady, type Observation } from "../instance/state.ts";
import type { Operation } from "../operation.ts";
import { type FleetInputs, memberInputs, memberNumber } from "./inputs.ts";
import type { Seat } from "./look.ts";
import type { Standing } from "./plan.ts";
import { FleetProgress } from "./progress.ts";
import { asInstance, type FleetState } from "./state.ts";
import { isUpToDate } from "./up-to-date.ts";
import type { Rolling } from "./waves.ts";

/** A living member, as it was seen last in this operation. */
export interface CrewMember extends Standing, Rolling {
  readonly job: QueueJob;
  readonly seen: Observation;
  /** Whether it is what is waited for. */
  readonly isReady: boolean;
  /** Whether somebody edited its job so that nobody can tell what it is: it is left alone. */
  readonly isStrange: boolean;
  /** Whether somebody was told about it: else HTCondor removes it at its deadline. */
  readonly isAcknowledged: boolean;
}

/** The members of a fleet during one operation, and what it is to become. */
export class Crew {
  readonly key: string;
  readonly fleet: FleetInputs;
  /** The private key for what a member's node tells the fleet's owner alone. */
  readonly consoleKey: string;
  readonly before: FleetState;
  readonly context: Context;
  readonly operation: Operation;
  readonly progress: FleetProgress;
  readonly #members = new Map<string, CrewMember>();
  /** What members are waited for now; absent: what their inputs say. */
  goal: WaitFor | undefined;
  /** The names of those that a roll has lent the fleet. */
  readonly lent = new Set<string>();
  /** The ids of those that were left to queue. */
  readonly #left = new Set<string>();
  /** Whether the queue has shown nothing of the fleet, and nothing was done since. */
  isUnseen = false;
  readonly #inputs = new Map<string, InstanceInputs>();

  constructor(parts: Pick<Crew, "key" | "fleet" | "consoleKey" | "before" | "context" | "operation">) {
    this.key = parts.key;
    this.fleet = parts.fleet;
    this.consoleKey = parts.consoleKey;
    this.before = parts.before;
    this.context = parts.context;
    this.operation = parts.operation;
    this.progress = new FleetProgress(parts.operation.progress);
  }

  get members(): CrewMember[] {
    return [...this.#members.values()];
  }

  member(name: string): CrewMember | undefined {
    return this.#members.get(name);
  }

  /** A member's inputs as its template and its override say now. */
  inputsOf(name: string): InstanceInputs {
    const known = this.#inputs.get(name) ?? memberInputs(this.fleet, name);
    this.#inputs.set(name, known);
    return known;
  }

  /** What a member is waited for. */
  goalOf(name: string): WaitFor {
    return this.goal ?? this.inputsOf(name).waitFor;
  }

  /** Takes in what a look at the queue found, and looks at what the nodes report. */
  async muster(live: readonly Seat[]): Promise<void> {
    const seen = await Promise.all(live.map(({ job }) => lookAt(job, this.context)));
    this.#members.clear();
    for (const [index, { name, job }] of live.entries()) {
      const observation = seen[index];
      if (observation !== undefined) this.see(name, job, observation, this.#wasReady(name, job, observation));
    }
  }

  /** Takes note of what a member is like now. */
  see(name: string, job: QueueJob, seen: Observation, ready: boolean): void {
    const isStrange = job.cloud === undefined;
    const member: CrewMember = {
      ...{ name, job, seen, isStrange },
      number: memberNumber(this.fleet.namePrefix, name) ?? Number.POSITIVE_INFINITY,
      queuedAt: job.queuedAt,
      isQueued: seen.state === "queued",
      isKnown: asInstance(this.before, name, job.globalJobId) !== undefined,
      isOutdated: !isStrange && (this.#judged(name, job) ?? !isUpToDate(job, this.inputsOf(name))),
      isAvailable: ready || isAtRest(seen),
      isReady: ready,
      isAcknowledged: job.cloud?.job.acknowledged ?? true,
    };
    this.#members.set(name, member);
    this.progress.see(name, ready ? "ready" : seen.state);
  }

  /** Takes note of what changed of a member by our own hand. */
  change(name: string, change: Partial<Pick<CrewMember, "seen" | "isAcknowledged">>): void {
    const member = this.#members.get(name);
    if (member !== undefined) this.#members.set(name, { ...member, ...change });
  }

  /** A member was left to queue: nobody waits for it again in this operation. */
  leave({ job }: CrewMember): void {
    this.#left.add(job.globalJobId);
  }

  wasLeft({ job }: CrewMember): boolean {
    return this.#left.has(job.globalJobId);
  }

  /** A member has left, or is about to. */
  forget(name: string): void {
    this.#members.delete(name);
    this.progress.forget(name);
  }

  /** What was found of this very job before; a member is seen once a second, and what it is takes a while to tell. */
  #judged(name: string, job: QueueJob): boolean | undefined {
    const last = this.#members.get(name);
    const isSame = last?.job.globalJobId === job.globalJobId && last.job.cloud?.specDigest === job.cloud?.specDigest;
    return isSame ? last.isOutdated : undefined;
  }

  /**
   * Whether a member is what is waited for, as far as can be told without waiting; whether one that is to be replaced
   * serves as it did.
   */
  #wasReady(name: string, job: QueueJob, seen: Observation): boolean {
    const state = asInstance(this.before, name, job.globalJobId);
    const goal = this.goalOf(name);
    const isOutdated = job.cloud === undefined || !isUpToDate(job, this.inputsOf(name));
    const counts = isOutdated || isAtRest(seen) || isDeepStrictEqual(state?.waitFor, goal);
    if (state !== undefined && counts) return isStillReady(state, seen);
    return (isOutdated || typeof goal !== "object") && isReady(seen, goal);
  }
}
