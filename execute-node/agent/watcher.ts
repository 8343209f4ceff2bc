import { setTimeout as sleep } from "node:timers/promises";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { interfacesOf, MAIN_INTERFACE } from "../../contract/interfaces.ts";
import { PROBE_NAME } from "../domain/probe-domain.ts";
import { searchAddresses } from "./address-search.ts";
import type { Agent } from "./agent.ts";
import { Domains, isResumed } from "./domains.ts";
import { type DomainEvent, isFault } from "./events.ts";
import { domainSuffix } from "./instance-folders.ts";
import { type DomainState, listDomains } from "./libvirt.ts";
import { forgetDomain, type Machine, newMachine } from "./machine.ts";
import { Reconciler } from "./reconciler.ts";
import { messageOf } from "./refusal.ts";

/** How often to look while a domain or an address is awaited, and otherwise, in milliseconds. */
const AWAITING_MS = 1000;
const CALM_MS = 30_000;

/** While machines start one after the other, addresses are sought so often, and their states in between, in milliseconds. */
const SEARCH_MS = 2000;

/** How long a new machine is worth looking at every second: a guest that has no address by then needs a person. */
const AWAITING_MAX_SECONDS = 600;

/** The same for interfaces beside the main one, which a guest may never make use of. */
const FURTHER_MAX_SECONDS = 120;

/** How often to look whether the starters live, in milliseconds. It costs a read from /proc for each machine. */
const STARTERS_MS = 1000;

/**
 * Brings together what libvirt and the startd say with what the agent knows: reports changes, and removes what no job
 * needs any more. The commands it runs do not grow with the machines: one list of domains, one of jobs, one of each libvirt
 * network's leases, one of the kernel's neighbours; a domain's XML is read once, and again when an event names it.
 */
export class Watcher {
  readonly #agent: Agent;
  readonly #domains = new Domains();
  /** The domains that libvirt could not describe at the last look: they may be anybody's. */
  #undescribed: readonly string[] = [];
  #wake = new AbortController();
  readonly #reconciler: Reconciler;
  /** When addresses were last sought, and when everybody's; milliseconds of {@link performance.now}. */
  #soughtAt = Number.NEGATIVE_INFINITY;
  #soughtAllAt = Number.NEGATIVE_INFINITY;
  #trouble = "";
  /** Told when libvirt or the startd stops answering, and when they answer again. */
  onTrouble: () => void = () => {};

  constructor(agent: Agent) {
    this.#agent = agent;
    this.#reconciler = new Reconciler(agent);
    agent.onChange = () => this.#wake.abort();
  }

  /** Looks now. @param event - of a domain; absent: each of them may have changed */
  wake(event: DomainEvent | undefined): void {
    this.#domains.note(event);
    if (event !== undefined && isFault(event)) this.#noteFault(event);
    if (event !== undefined && isResumed(event)) this.#noteResumed(event);
    this.#wake.abort();
  }

  /** Said without a look: one at a node where many machines start takes a second, and somebody waits for this. */
  #noteResumed({ domain }: DomainEvent): void {
    const machine = [...this.#agent.machines.values()].find(({ domainName }) => domainName === domain);
    if (machine === undefined || machine.preparing !== undefined || machine.state !== "paused") return;
    this.#runs(machine).catch((error: unknown) => this.#agent.parts.log(`start of ${domain}: ${messageOf(error)}`));
  }

  /** Says that a machine's guest runs, and since when, and remembers it. */
  async #runs(machine: Machine): Promise<void> {
    machine.state = "running";
    if (machine.record === undefined || machine.record.startedAt !== undefined) return;
    const startedAt = Math.floor(Date.now() / 1000);
    machine.record = { ...machine.record, startedAt };
    // Before it is written: the disk of a node where machines start is busy.
    this.#agent.report(machine);
    await this.#agent.amend(machine, { startedAt });
  }

  /** To HTCondor a machine whose QEMU died looks like one whose guest powered itself off. */
  #noteFault({ domain, what }: DomainEvent): void {
    const { machines, parts } = this.#agent;
    const machine = [...machines.values()].find((each) => isDomainOf(each, domain));
    if (machine === undefined) return;
    machine.message = `QEMU ended without being told to (libvirt: ${what}). The node's /var/log/libvirt/qemu/${domain}.log may say why.`;
    parts.log(`${domain} of ${machine.globalJobId}: ${machine.message}`);
    parts.failures.add(machine.globalJobId, machine.message);
  }

  /** Watches until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const starters = setInterval(() => {
      if (this.#reconciler.missesStarter()) this.#wake.abort();
    }, STARTERS_MS);
    signal.addEventListener("abort", () => clearInterval(starters));
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const troubles: string[] = [];
      try {
        troubles.push(...(await this.look()));
        troubles.push(...(await this.#reconciler.run(this.#undescribed)));
      } catch (error) {
        // A libvirt or startd that does not answer says nothing about machines.
        troubles.push(messageOf(error));
      }
      this.#remember(troubles.join("; "));
      const pause = Math.min(this.#awaiting() ? AWAITING_MS : CALM_MS, this.#reconciler.pauseMs);
      await sleep(pause, undefined, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(() => {});
    }
  }

  #remember(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#agent.parts.log(trouble === "" ? "looks again" : `cannot look: ${trouble}`);
    this.onTrouble();
  }

  /**
   * Looks at all domains and addresses once, and reports what changed.
   *
   * @returns what could not be looked at; the rest was
   * @throws Error when libvirt does not answer at all
   */
  async look(): Promise<string[]> {
    const listedAt = performance.now();
    const states = await listDomains();
    states.delete(PROBE_NAME);
    this.#domains.keep(states);
    const troubles: string[] = [];
    const undescribed: string[] = [];
    const seen = new Set<Machine>();
    await this.#domains.read(states.keys());
    for (const [name, listed] of states) {
      try {
        const machine = await this.#machineOf(name, () => this.#domains.latest(name, listed, listedAt));
        if (machine !== undefined) seen.add(machine);
      } catch (error) {
        // It may have ended since the list was made.
        if (!(await listDomains()).has(name)) continue;
        undescribed.push(name);
        troubles.push(`domain ${name}: ${messageOf(error)}`);
      }
    }
    this.#undescribed = undescribed;
    const machines = this.#agent.machines;
    for (const machine of machines.values()) {
      if (machine.domainName === undefined || seen.has(machine) || undescribed.includes(machine.domainName)) continue;
      forgetDomain(machine);
      machine.state = "stopped";
      this.#reconciler.doubt();
    }
    for (const machine of machines.values()) this.#agent.report(machine);
    const isWoken = this.#wake.signal.aborted;
    if (isWoken && performance.now() - this.#soughtAt < SEARCH_MS) return troubles;
    troubles.push(...(await this.#findAddresses()));
    for (const machine of machines.values()) this.#agent.report(machine);
    return troubles;
  }

  /** The machine that a domain belongs to, brought up to date; undefined when it is none of ours. */
  async #machineOf(name: string, latest: () => DomainState): Promise<Machine | undefined> {
    const facts = await this.#domains.of(name);
    if (facts === "foreign") return undefined;
    let machine = this.#agent.machines.get(facts.globalJobId);
    if (machine === undefined) {
      machine = newMachine(facts.globalJobId, "running");
      this.#agent.machines.set(facts.globalJobId, machine);
    }
    if (machine.preparing !== undefined) return machine;
    machine.domainName = name;
    machine.state = latest();
    machine.macAddress ??= [...facts.bridges.keys()][0];
    machine.bridges = facts.bridges;
    machine.hasAgent = facts.hasAgent;
    machine.vncAddress = facts.vncAddress;
    if (machine.state === "running") await this.#runs(machine);
    return machine;
  }

  /** A new machine's addresses are looked for each time, and everybody's now and then: a guest may get others. */
  async #findAddresses(): Promise<string[]> {
    const now = performance.now();
    const all = now - this.#soughtAllAt >= CALM_MS;
    this.#soughtAt = now;
    if (all) this.#soughtAllAt = now;
    const running = [...this.#agent.machines.values()].filter(isRunning);
    const sought = running.filter((each) => all || lacksAddress(each));
    const troubles = await searchAddresses(this.#agent.parts.configuration.networks, sought);
    for (const machine of sought) await this.#agent.settle(machine);
    return troubles;
  }

  #awaiting(): boolean {
    return [...this.#agent.machines.values()].some((machine) => {
      if (ageSeconds(machine) > AWAITING_MAX_SECONDS) return false;
      return machine.state === "prepared" || lacksAddress(machine) || lacksConsole(machine);
    });
  }
}

/** Whether a domain is a machine's: the one it was seen with, or, before that, the one that was given out for it. */
function isDomainOf(machine: Machine, domain: string): boolean {
  if (machine.domainName !== undefined) return machine.domainName === domain;
  return machine.domainGiven && domain.endsWith(domainSuffix(jobIdOf(machine.globalJobId)));
}

function isRunning(machine: Machine): boolean {
  return machine.state === "running";
}

/** For how long a machine has run, or been ready to; without end where nobody knows. */
function ageSeconds({ record }: Machine): number {
  return Date.now() / 1000 - (record?.startedAt ?? record?.preparedAt ?? 0);
}

function lacksAddress(machine: Machine): boolean {
  if (!isRunning(machine) || machine.record === undefined) return false;
  const names = ageSeconds(machine) > FURTHER_MAX_SECONDS ? [MAIN_INTERFACE] : interfacesOf(machine.record.spec).keys();
  return [...names].some((name) => machine.addresses[name] === undefined);
}

function lacksConsole(machine: Machine): boolean {
  return isRunning(machine) && machine.vncAddress === undefined;
}
