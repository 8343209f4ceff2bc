import type { Agent, AgentParts } from "./agent.ts";
import { destroyDomain } from "./libvirt.ts";
import type { Machine } from "./machine.ts";
import { isAlive, mayHaveStrayStarter, startersBySlot } from "./processes.ts";
import { decide, FOLDER_GRACE_SECONDS, type KnownMachine, unneededFolders } from "./reconcile.ts";
import { messageOf } from "./refusal.ts";
import { jobsInSlots, type SlotJob } from "./startd.ts";

/** How often the startd is asked: while all machines have their jobs, while one may not, and when one lost its starter. */
const CALM_MS = 30_000;
const DOUBT_MS = 3000;
const URGENT_MS = 1000;

/** What a reconciler needs of the agent. */
export interface Reconciled extends Pick<Agent, "machines" | "remove"> {
  readonly parts: Pick<AgentParts, "folders" | "startd" | "log">;
}

/** Brings domains and folders of this node to what its slots run: asks the startd, decides, ends and removes. */
export class Reconciler {
  readonly #agent: Reconciled;
  #ranAt = Number.NEGATIVE_INFINITY;
  #doubt = false;
  /** The folders without a readable record that nothing seems to need, and since when. */
  #unneededSince: ReadonlyMap<string, number> = new Map();

  constructor(agent: Reconciled) {
    this.#agent = agent;
  }

  /** How soon to run again, in milliseconds. */
  get pauseMs(): number {
    if ([...this.#agent.machines.values()].some(isOrphan)) return URGENT_MS;
    return this.#doubt ? DOUBT_MS : CALM_MS;
  }

  /** Says that a machine may have lost its job. */
  doubt(): void {
    this.#doubt = true;
  }

  /**
   * Looks which starters still live. A domain whose starter was killed is nobody's, while its job may already start on
   * another node, with the same MAC address: it must end soon.
   *
   * @returns whether one died since the last time
   */
  missesStarter(): boolean {
    let died = false;
    for (const machine of this.#agent.machines.values()) {
      if (machine.starter === undefined || machine.starterGone || isAlive(machine.starter)) continue;
      machine.starterGone = true;
      died = true;
    }
    if (died) {
      this.#doubt = true;
      this.#ranAt = Number.NEGATIVE_INFINITY;
    }
    return died;
  }

  /**
   * Does what is due.
   *
   * @param undescribed - the names of domains that libvirt could not describe: what they might use stays
   * @returns what could not be done
   * @throws Error when the startd does not answer
   */
  async run(undescribed: readonly string[]): Promise<string[]> {
    const { machines, parts } = this.#agent;
    const now = performance.now();
    if (machines.size === 0 && parts.folders.unreadable.size === 0) {
      this.#doubt = false;
      return [];
    }
    if (now - this.#ranAt < this.pauseMs) return [];
    this.#ranAt = now;
    const jobs = await jobsInSlots(parts.startd);
    const inSlots = jobs && new Set(jobs.map(({ globalJobId }) => globalJobId));
    const decided = [...machines.values()];
    for (const machine of decided) {
      if (machine.preparing !== undefined || inSlots?.has(machine.globalJobId)) machine.jobSeenAt = now;
    }
    if (jobs !== undefined) this.#findStarters(jobs);
    if (jobs !== undefined) this.#findOrphans(jobs);
    const known = decided.map((machine) => knownOf(machine, now));
    this.#doubt = decided.some(
      ({ globalJobId, preparing, state }) =>
        state === "stopped" || (preparing === undefined && !inSlots?.has(globalJobId)),
    );
    const { destroy, remove } = decide(known, inSlots, undescribed);
    const troubles: string[] = [];
    for (const machine of decided) {
      // Each step takes its time, in which the job may have come back.
      const isAsDecided = machines.get(machine.globalJobId) === machine && machine.preparing === undefined;
      if (!isAsDecided) continue;
      try {
        if (machine.domainName !== undefined && destroy.includes(machine.domainName)) {
          parts.log(`ends domain ${machine.domainName}: no slot runs its job`);
          await destroyDomain(machine.domainName);
        } else if (machine.domainName === undefined && remove.includes(machine.globalJobId)) {
          parts.log(`removes the folder of ${machine.globalJobId}: no slot runs it`);
          await this.#agent.remove(machine);
        }
      } catch (error) {
        troubles.push(`the end of ${machine.globalJobId}: ${messageOf(error)}`);
      }
    }
    const unneeded = unneededFolders(parts.folders.unreadable, known, inSlots, undescribed);
    return [...troubles, ...(await this.#removeUnreadable(unneeded, now))];
  }

  /** One answer of the startd may be too old to know a job: a folder goes when a later one does not know it either. */
  async #removeUnreadable(unneeded: readonly string[], now: number): Promise<string[]> {
    const { folders, log } = this.#agent.parts;
    this.#unneededSince = new Map(unneeded.map((folder) => [folder, this.#unneededSince.get(folder) ?? now]));
    const troubles: string[] = [];
    for (const [folder, since] of this.#unneededSince) {
      if (since === now) this.#doubt = true;
      if (now - since < FOLDER_GRACE_SECONDS * 1000) continue;
      try {
        log(`removes folder ${folder}, whose record cannot be read: no slot runs its job`);
        await folders.removeUnreadable(folder);
      } catch (error) {
        troubles.push(`the removal of folder ${folder}: ${messageOf(error)}`);
      }
    }
    return troubles;
  }

  /** A machine that an earlier agent made ready is known without its starter. */
  #findStarters(jobs: readonly SlotJob[]): void {
    const lacking = jobs.flatMap(({ globalJobId, slot }) => {
      const machine = this.#agent.machines.get(globalJobId);
      return machine === undefined || (machine.starter !== undefined && !machine.starterGone) ? [] : { machine, slot };
    });
    if (lacking.length === 0) return;
    const starters = startersBySlot();
    for (const { machine, slot } of lacking) {
      const starter = starters.get(slot);
      if (starter === undefined || !isAlive(starter)) continue;
      machine.starter = starter;
      machine.starterGone = false;
    }
  }

  /**
   * A domain whose starter died together with an earlier agent: where each starter of the node works for a slot that runs
   * another job, none is left that would end it.
   */
  #findOrphans(jobs: readonly SlotJob[]): void {
    const inSlots = new Set(jobs.map(({ globalJobId }) => globalJobId));
    const lost = [...this.#agent.machines.values()].filter(
      ({ globalJobId, domainName, starter, preparing }) =>
        domainName !== undefined && starter === undefined && preparing === undefined && !inSlots.has(globalJobId),
    );
    if (lost.length === 0 || mayHaveStrayStarter(new Set(jobs.map(({ slot }) => slot)))) return;
    for (const machine of lost) machine.starterGone = true;
  }
}

/** Whether a machine's domain has nobody left who would end it. */
function isOrphan(machine: Machine): boolean {
  return machine.starterGone && machine.domainName !== undefined;
}

function knownOf(machine: Machine, now: number): KnownMachine {
  return {
    globalJobId: machine.globalJobId,
    jobUnseenSeconds: (now - machine.jobSeenAt) / 1000,
    preparing: machine.preparing !== undefined,
    domainName: machine.domainName,
    starterGone: machine.starterGone,
  };
}
