import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "./agent.ts";
import {
  addressesOn,
  type DomainFacts,
  type DomainState,
  describeDomain,
  destroyDomain,
  listDomains,
} from "./libvirt.ts";
import { type Machine, newMachine } from "./machine.ts";
import { decide } from "./reconcile.ts";
import { messageOf } from "./refusal.ts";
import { jobsInSlots } from "./startd.ts";

/** How often to look while a domain or an address is awaited, and otherwise, in milliseconds. */
const AWAITING_MS = 1000;
const CALM_MS = 30_000;

/** How long a new machine is worth looking at every second: a guest that has no address by then needs a person. */
const AWAITING_MAX_SECONDS = 600;

/** How often the startd is asked while a machine may be without a job, in milliseconds. */
const DOUBT_MS = 3000;

/**
 * Brings together what libvirt and the startd say with what the agent knows: reports changes, and removes what no job
 * needs any more. The commands it runs do not grow with the machines: one list of domains, one of jobs, one of each
 * network's addresses; a domain's XML is read once.
 */
export class Watcher {
  readonly #agent: Agent;
  /** What is known of each domain that libvirt has, by its name; undefined: none of ours. */
  readonly #domains = new Map<string, DomainFacts | undefined>();
  #wake = new AbortController();
  #reconciledAt = Number.NEGATIVE_INFINITY;
  #doubt = false;
  #trouble = "";
  /** Told when libvirt or the startd stops answering, and when they answer again. */
  onTrouble: () => void = () => {};

  constructor(agent: Agent) {
    this.#agent = agent;
    agent.onChange = () => this.wake();
  }

  /** Looks now. @param domain - one that changed, so that it is read anew */
  wake(domain?: string): void {
    if (domain !== undefined) this.#domains.delete(domain);
    this.#wake.abort();
  }

  /** Watches until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#observe();
        await this.#reconcile();
        this.#remember("");
      } catch (error) {
        // A libvirt or startd that does not answer says nothing about machines.
        this.#remember(messageOf(error));
      }
      const pause = this.#awaiting() ? AWAITING_MS : this.#doubt ? DOUBT_MS : CALM_MS;
      await sleep(pause, undefined, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(() => {});
    }
  }

  #remember(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#agent.parts.log(trouble === "" ? "looks again" : `cannot look: ${trouble}`);
    this.onTrouble();
  }

  async #observe(): Promise<void> {
    const states = await listDomains();
    for (const name of this.#domains.keys()) if (!states.has(name)) this.#domains.delete(name);
    const seen = new Set<Machine>();
    for (const [name, state] of states) {
      const machine = await this.#machineOf(name, state);
      if (machine !== undefined) seen.add(machine);
    }
    for (const machine of this.#agent.machines.values()) {
      if (machine.domainName === undefined || seen.has(machine)) continue;
      machine.domainName = undefined;
      machine.state = "stopped";
      machine.ipAddress = undefined;
      machine.vncAddress = undefined;
      this.#doubt = true;
    }
    await this.#findAddresses();
    for (const machine of this.#agent.machines.values()) this.#agent.report(machine);
  }

  /** The machine that a domain belongs to, brought up to date; undefined when it is none of ours. */
  async #machineOf(name: string, state: DomainState): Promise<Machine | undefined> {
    const facts = await this.#factsOf(name);
    if (facts === undefined) return undefined;
    let machine = this.#agent.machines.get(facts.globalJobId);
    if (machine === undefined) {
      machine = newMachine(facts.globalJobId, "running");
      this.#agent.machines.set(facts.globalJobId, machine);
    }
    if (machine.preparing !== undefined) return machine;
    machine.domainName = name;
    machine.state = state;
    machine.macAddress = facts.macAddress ?? machine.macAddress;
    machine.vncAddress = facts.vncAddress;
    if (state === "running" && machine.record !== undefined && machine.record.startedAt === undefined) {
      machine.record = { ...machine.record, startedAt: Math.floor(Date.now() / 1000) };
      await this.#agent.parts.folders.write(machine.record);
    }
    return machine;
  }

  async #factsOf(name: string): Promise<DomainFacts | undefined> {
    const known = this.#domains.get(name);
    if (known?.vncAddress !== undefined || (known === undefined && this.#domains.has(name))) return known;
    // A domain that ended since the list was made is missed by the next one.
    const facts = await describeDomain(name).catch(() => undefined);
    this.#domains.set(name, facts);
    return facts;
  }

  async #findAddresses(): Promise<void> {
    const lacking = [...this.#agent.machines.values()].filter(lacksAddress);
    for (const name of new Set(lacking.map(({ record }) => record?.spec.network))) {
      const network = name === undefined ? undefined : this.#agent.parts.configuration.networks[name];
      if (network === undefined) continue;
      const addresses = await addressesOn(network);
      for (const machine of lacking) {
        if (machine.record?.spec.network !== name || machine.macAddress === undefined) continue;
        const found = addresses.get(machine.macAddress);
        // The lease that an earlier machine of this MAC left behind says nothing about this one.
        const isOld = found?.lease !== undefined && found.lease === machine.record?.leaseBefore;
        machine.ipAddress = isOld ? undefined : found?.ipAddress;
      }
    }
  }

  async #reconcile(): Promise<void> {
    const { machines, parts } = this.#agent;
    const now = performance.now();
    const due = now - this.#reconciledAt >= (this.#doubt ? DOUBT_MS : CALM_MS);
    if (machines.size === 0 || !due) return;
    this.#reconciledAt = now;
    const jobs = await jobsInSlots(parts.startd);
    for (const machine of machines.values()) {
      if (machine.preparing !== undefined || jobs?.has(machine.globalJobId)) machine.jobSeenAt = now;
    }
    const known = [...machines.values()].map((machine) => ({
      globalJobId: machine.globalJobId,
      jobUnseenSeconds: (now - machine.jobSeenAt) / 1000,
      preparing: machine.preparing !== undefined,
      domainName: machine.domainName,
    }));
    this.#doubt = [...machines.values()].some(
      ({ globalJobId, preparing, state }) =>
        state === "stopped" || (preparing === undefined && !jobs?.has(globalJobId)),
    );
    const { destroy, remove } = decide(known, jobs);
    for (const name of destroy) {
      parts.log(`ends domain ${name}: no slot runs its job`);
      await destroyDomain(name);
    }
    for (const id of remove) {
      parts.log(`removes the folder of ${id}: no slot runs it`);
      const machine = machines.get(id);
      if (machine !== undefined) await this.#agent.remove(machine);
    }
  }

  #awaiting(): boolean {
    return [...this.#agent.machines.values()].some((machine) => {
      const since = machine.record?.startedAt ?? machine.record?.preparedAt ?? 0;
      if (Date.now() / 1000 - since > AWAITING_MAX_SECONDS) return false;
      return machine.state === "prepared" || lacksAddress(machine) || lacksConsole(machine);
    });
  }
}

function lacksAddress(machine: Machine): boolean {
  return machine.state === "running" && machine.ipAddress === undefined;
}

function lacksConsole(machine: Machine): boolean {
  return machine.state === "running" && machine.vncAddress === undefined;
}
