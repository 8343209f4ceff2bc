import type { Machine } from "../../../sandbox/sandbox.ts";
import { letAllGo } from "../pool/hold.ts";
import type { TestImage } from "../pool/images.ts";
import { withLogsOf } from "../pool/logs.ts";
import { TestMachines } from "../pool/machines.ts";
import { nodeState } from "../pool/node-state.ts";
import { record } from "../pool/results.ts";
import { eventually } from "../pool/wait.ts";
import { emulatorPid, fateOf } from "./fates.ts";
import { CONVERGENCE_SECONDS, whole } from "./node.ts";
import { type MachineAt, machineAtEachStage, STAGES, type Stage } from "./stages.ts";
import type { Fate, Victim } from "./victims.ts";

/** When a machine's node loses something, by what the machine does then. */
const MOMENTS = { preparing: "at prepare", starting: "at start", running: "while running" } as const;

/** What a look at a machine must show, by its fate. */
const OUTCOMES: Readonly<Record<Fate, readonly string[]>> = {
  "goes on": ["up"],
  "runs again": ["up"],
  ends: ["ended"],
  "runs again or ends": ["up", "ended"],
};

/** What stands at the end of it. Jobs are `cluster.proc`, in order. */
interface End {
  /** The jobs whose machines should run. */
  readonly survivors: readonly string[];
  /** The jobs that have a domain, as often as they have one. */
  readonly domains: readonly string[];
  /** What has come of the survivors' machines, in their order. */
  readonly fates: readonly string[];
  /** Whether the machine that ran before still is that guest. */
  readonly isSameGuest: boolean;
}

/** One part of a node dies under three machines, one at each stage. */
export class Death {
  readonly #victim: Victim;
  readonly #node: Machine;
  readonly #all = new TestMachines();
  #machines: MachineAt | undefined;
  #emulatorBefore: number | undefined;
  #killedAt = 0;
  /** The stages whose machines have ended. */
  readonly #ended = new Set<Stage>();

  constructor(victim: Victim, node: Machine) {
    this.#victim = victim;
    this.#node = node;
  }

  /** Brings the machines to their stages and kills. */
  async bringAbout(image: TestImage): Promise<void> {
    const { name, kill } = this.#victim;
    const machines = await withLogsOf(this.#node, async () => {
      const atEachStage = await machineAtEachStage(this.#node, image, this.#all);
      this.#emulatorBefore = await emulatorPid(this.#node, atEachStage.running);
      return atEachStage;
    });
    this.#machines = machines;
    const jobs = STAGES.map((stage) => `${machines[stage].jobId} ${stage}`);
    console.log(`${this.#node.name}: kills the ${name}, with ${jobs.join(", ")}`);
    this.#killedAt = Date.now();
    await kill(this.#node, machines);
    await letAllGo(this.#node);
  }

  /** Waits until the machine of a stage has come to what it should, and records how long that took. */
  async outcomeOf(stage: Stage): Promise<void> {
    const fate = this.#victim.fates[stage];
    const machine = this.#machineAt(stage);
    // What a node said before lasts in the pool for a while.
    const startedSince = stage === "running" && fate === "runs again" ? this.#killedAt : 0;
    const outcome = await withLogsOf(this.#node, async () => {
      if (fate === "goes on") await whole(this.#node, this.#killedAt);
      return eventually(
        `the machine of ${machine.jobId}, killed ${MOMENTS[stage]}, that ${fate}`,
        () => fateOf(machine, startedSince),
        (seen) => OUTCOMES[fate].includes(seen),
        CONVERGENCE_SECONDS,
      );
    });
    if (outcome === "ended") this.#ended.add(stage);
    const happened = outcome === "ended" ? "ends" : fate === "goes on" ? fate : "runs again";
    await this.#record(` ${MOMENTS[stage]}`, `the machine ${happened}`);
  }

  /** Waits until the node is whole, and records how long that took. */
  async convergence(): Promise<void> {
    await withLogsOf(this.#node, () => whole(this.#node, this.#killedAt));
    await this.#record("", "the node is whole and takes machines");
  }

  /** Looks at what stands once all have come to what they should. */
  async end(): Promise<End> {
    await withLogsOf(this.#node, () => whole(this.#node, this.#killedAt, 30));
    const survivors = STAGES.filter((stage) => !this.#ended.has(stage)).map((stage) => this.#machineAt(stage));
    const inOrder = survivors.sort((a, b) => (a.jobId < b.jobId ? -1 : 1));
    return {
      survivors: inOrder.map(({ jobId }) => jobId),
      domains: (await nodeState(this.#node)).domains,
      fates: await Promise.all(inOrder.map((machine) => fateOf(machine, 0))),
      isSameGuest: (await emulatorPid(this.#node, this.#machineAt("running"))) === this.#emulatorBefore,
    };
  }

  /** Removes the machines and waits until the node is whole and empty of them. */
  async clearUp(): Promise<void> {
    const since = Date.now();
    await this.#all.endAll();
    await withLogsOf(this.#node, () => whole(this.#node, since));
  }

  #machineAt(stage: Stage) {
    if (this.#machines === undefined) throw new Error("The machines did not come to their stages.");
    return this.#machines[stage];
  }

  async #record(moment: string, happened: string): Promise<void> {
    const secondsToConverge = (Date.now() - this.#killedAt) / 1000;
    await record({ tried: `${this.#victim.name} killed${moment}`, happened, secondsToConverge });
  }
}
