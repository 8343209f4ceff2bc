import { setTimeout as sleep } from "node:timers/promises";
import type { GuestReport } from "../../contract/node-report.ts";
import type { Agent } from "./agent.ts";
import { type CloudInit, cloudInitByConsole, cloudInitByFiles, RESULT_FILE, STATUS_FILE } from "./cloud-init.ts";
import { readNewest } from "./console-log.ts";
import { GuestRefusedError, guestAddresses, readGuestFile } from "./guest-agent.ts";
import type { Machine } from "./machine.ts";
import { messageOf } from "./refusal.ts";
import type { Sighting } from "./sightings.ts";

/** How often to look whose turn it is, in milliseconds. */
const TICK_MS = 1000;

/** How often a guest is asked at most and at least, in seconds; between, a twentieth of its age. */
const SOONEST_SECONDS = 2;
const LATEST_SECONDS = 30;

/** How soon a guest agent that did not answer is asked again at the earliest, in seconds. */
const SILENT_SECONDS = 10;

/** For how long it is asked for cloud-init: one that has not ended by then needs a person. */
const YOUNG_SECONDS = 600;

/** The most guests that are asked at once. */
const ASKED_MAX = 4;

/** How much of a console is searched for cloud-init, in bytes. */
const CONSOLE_BYTES = 256 * 1024;

/** What of the agent this needs. */
export interface WatchedAgent extends Pick<Agent, "machines" | "amend" | "settle"> {
  readonly parts: { readonly log: Agent["parts"]["log"]; readonly folders: Pick<Agent["parts"]["folders"], "pathOf"> };
}

/** What a guest answered. */
interface Answer {
  readonly agent: boolean;
  /** Absent: it did not say. */
  readonly addresses: ReadonlyMap<string, readonly Sighting[]> | undefined;
  /** Absent: nothing was heard of it this time. */
  readonly cloudInit: CloudInit | undefined;
}

const SILENT: Answer = { agent: false, addresses: undefined, cloudInit: undefined };

/**
 * Asks guests how they do: whether their guest agent answers, for their addresses, and, until it has ended, for cloud-init.
 * Where nobody listens at the guest agent's channel the console is read instead. Each is asked beside the others, a few at
 * once, and none before its last answer has come: one that hangs delays nobody.
 */
export class Guests {
  readonly #agent: WatchedAgent;
  /** When each machine is asked the next time, in milliseconds of {@link performance.now}. */
  readonly #due = new WeakMap<Machine, number>();
  readonly #asked = new Set<Machine>();
  /** Whether libvirt said that its guest agent listens when each was asked last. */
  readonly #channels = new WeakMap<Machine, boolean>();
  /** Whose guest agent listened and did not answer: they take no more than half of the places. */
  readonly #silent = new WeakSet<Machine>();
  readonly #failed = new WeakSet<Machine>();

  constructor(agent: WatchedAgent) {
    this.#agent = agent;
  }

  /** Asks guests until the signal ends it. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#tick();
      await sleep(TICK_MS, undefined, { signal }).catch(() => {});
    }
  }

  #tick(): void {
    const now = performance.now();
    const due = [...this.#agent.machines.values()]
      .filter((machine) => machine.state === "running" && machine.record !== undefined && !this.#asked.has(machine))
      .map((machine) => ({ machine, at: this.#due.get(machine) ?? 0 }))
      .filter(({ machine, at }) => at <= now || this.#channels.get(machine) !== machine.hasAgent)
      // Whoever waits longest comes first.
      .sort((one, other) => one.at - other.at);
    for (const { machine } of due) {
      const silent = [...this.#asked].filter((each) => this.#silent.has(each)).length;
      if (this.#asked.size >= ASKED_MAX) return;
      if (!this.#silent.has(machine) || silent < ASKED_MAX / 2) void this.#ask(machine);
    }
  }

  async #ask(machine: Machine): Promise<void> {
    this.#asked.add(machine);
    this.#channels.set(machine, machine.hasAgent);
    try {
      await this.#learn(machine);
    } catch (error) {
      // Said once a machine: nobody but its owner can do something about a guest.
      if (!this.#failed.has(machine)) this.#agent.parts.log(`the guest of ${machine.globalJobId}: ${messageOf(error)}`);
      this.#failed.add(machine);
    } finally {
      this.#asked.delete(machine);
      this.#due.set(machine, performance.now() + this.#pauseSeconds(machine) * 1000);
    }
  }

  #pauseSeconds(machine: Machine): number {
    if (machine.record?.guest !== undefined || ageSeconds(machine) > YOUNG_SECONDS) return LATEST_SECONDS;
    const soonest = this.#silent.has(machine) ? SILENT_SECONDS : SOONEST_SECONDS;
    return Math.min(LATEST_SECONDS, Math.max(soonest, ageSeconds(machine) / 20));
  }

  async #learn(machine: Machine): Promise<void> {
    const { domainName, record } = machine;
    if (domainName === undefined || record === undefined) return;
    const wantsCloudInit = record.guest === undefined && ageSeconds(machine) < YOUNG_SECONDS;
    const answer = machine.hasAgent ? await askAgent(domainName, wantsCloudInit) : SILENT;
    if (machine.hasAgent && !answer.agent) this.#silent.add(machine);
    else this.#silent.delete(machine);
    const fromConsole = async () =>
      cloudInitByConsole(await readNewest(this.#agent.parts.folders.pathOf(machine.globalJobId), CONSOLE_BYTES));
    const cloudInit = answer.cloudInit ?? (wantsCloudInit ? await fromConsole() : undefined);
    // The domain may have ended meanwhile.
    if (machine.domainName !== domainName || this.#agent.machines.get(machine.globalJobId) !== machine) return;
    machine.agentSightings = answer.addresses ?? machine.agentSightings;
    machine.guest = guestReport(machine, answer.agent, cloudInit);
    if (cloudInit !== undefined && cloudInit.cloudInit !== "running")
      await this.#agent.amend(machine, { guest: cloudInit });
    await this.#agent.settle(machine);
  }
}

/** What is told of a guest: nothing while nothing was heard of it. */
function guestReport(machine: Machine, agent: boolean, cloudInit: CloudInit | undefined): GuestReport | undefined {
  const { guest, record } = machine;
  const known =
    cloudInit ?? record?.guest ?? (guest?.cloudInit === undefined ? undefined : { cloudInit: guest.cloudInit });
  return agent || known !== undefined || guest !== undefined ? { agent, ...known } : undefined;
}

async function askAgent(domain: string, wantsCloudInit: boolean): Promise<Answer> {
  let addresses: Answer["addresses"];
  try {
    addresses = await guestAddresses(domain);
  } catch (error) {
    // One that refuses answers.
    if (!(error instanceof GuestRefusedError)) return SILENT;
  }
  return { agent: true, addresses, cloudInit: wantsCloudInit ? await askCloudInit(domain) : undefined };
}

async function askCloudInit(domain: string): Promise<CloudInit | undefined> {
  try {
    const result = await readGuestFile(domain, RESULT_FILE);
    return cloudInitByFiles(result, result === undefined ? await readGuestFile(domain, STATUS_FILE) : undefined);
  } catch {
    // Some distributions let the guest agent read no files; the console tells as well.
    return undefined;
  }
}

function ageSeconds({ record }: Machine): number {
  return Date.now() / 1000 - (record?.startedAt ?? record?.preparedAt ?? 0);
}
