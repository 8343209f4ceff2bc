import type { Failures } from "./failures.ts";
import type { GahpComplaint, GahpLog } from "./gahp-log.ts";
import type { Log } from "./log.ts";
import type { Machine } from "./machine.ts";
import { gahpsByStarter } from "./processes.ts";
import { messageOf } from "./refusal.ts";

/** How long a complaint may explain what happens to the node, in milliseconds. */
const RECENT_MS = 60_000;

/** What vm-gahp's log says, told of the machine whose start failed by it. */
export class GahpWatch {
  readonly #log: GahpLog;
  readonly #machines: ReadonlyMap<string, Machine>;
  readonly #failures: Failures;
  readonly #say: Log;
  #last: { readonly text: string; readonly at: number } | undefined;
  #trouble = "";

  constructor(log: GahpLog, machines: ReadonlyMap<string, Machine>, failures: Failures, say: Log) {
    this.#log = log;
    this.#machines = machines;
    this.#failures = failures;
    this.#say = say;
  }

  /** The newest complaint of late, whatever it was about. */
  get recent(): string | undefined {
    const last = this.#last;
    return last !== undefined && performance.now() - last.at < RECENT_MS ? last.text : undefined;
  }

  /** Reads what is new. */
  async look(): Promise<void> {
    this.#findGahps();
    for (const complaint of await this.#read()) {
      this.#last = { text: complaint.text, at: performance.now() };
      const machine = startingMachine([...this.#machines.values()], complaint);
      this.#say(`vm-gahp${machine === undefined ? "" : ` of ${machine.globalJobId}`}: ${complaint.text}`);
      if (machine !== undefined) this.#failures.add(machine.globalJobId, complaint.text);
    }
  }

  /** A vm-gahp that failed is soon gone, so its number is looked for while it starts. */
  #findGahps(): void {
    const starting = [...this.#machines.values()].filter((machine) => isStarting(machine));
    if (starting.every(({ gahpPid }) => gahpPid !== undefined)) return;
    const gahps = gahpsByStarter();
    for (const machine of starting) {
      if (machine.starter !== undefined) machine.gahpPid ??= gahps.get(machine.starter.pid)?.pid;
    }
  }

  async #read(): Promise<GahpComplaint[]> {
    try {
      const complaints = await this.#log.read();
      this.#trouble = "";
      return complaints;
    } catch (error) {
      if (messageOf(error) !== this.#trouble) this.#say(`vm-gahp's log cannot be read: ${messageOf(error)}`);
      this.#trouble = messageOf(error);
      return [];
    }
  }
}

/** Whether a machine is made ready and its domain not yet seen. */
function isStarting(machine: Machine): boolean {
  return machine.record !== undefined && machine.record.startedAt === undefined;
}

/**
 * The machine whose start a complaint is about. Where the log does not say who wrote it, it can only be of the one
 * machine that starts; of several it is nobody's.
 */
export function startingMachine(machines: readonly Machine[], complaint: GahpComplaint): Machine | undefined {
  const starting = machines.filter(isStarting);
  if (complaint.pid !== undefined) return starting.find(({ gahpPid }) => gahpPid === complaint.pid);
  return starting.length === 1 ? starting[0] : undefined;
}
