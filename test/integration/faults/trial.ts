import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { inject } from "vitest";
import { z } from "zod";
import { decodeText } from "../../../contract/classad.ts";
import { queue } from "../pool/queue.ts";
import { descendantsOf, endLeftovers, kill, type Process } from "./family.ts";
import { Gates } from "./gates.ts";

/** After its fault a command has so long to end by itself. */
const END_SECONDS = 150;

/** The name of the project that all trials are stacks of. */
export const PROJECT = "faults";

const Exported = z.object({
  deployment: z
    .object({ resources: z.array(z.object({ type: z.string(), id: z.string().optional() })).default([]) })
    .nullish(),
});

/** A job of a trial's machine. */
export interface TrialJob {
  readonly id: string;
  readonly jobId: string;
  readonly status: number;
  readonly acknowledged: boolean;
  /** Unix time in seconds by the access point's clock; what both mean: see the contract's job ad. */
  readonly deadline: number;
  readonly leaseUntil: number;
}

/** What a command of Pulumi came to. */
export interface Outcome {
  readonly exitCode: number | undefined;
  readonly output: string;
}

type Cli = ReturnType<typeof pulumi>;

/** Starts a command of Pulumi. */
function pulumi(folder: string, parameters: readonly string[], own: Readonly<Record<string, string>>) {
  const env: Record<string, string> = { ...inject("environment"), ...own };
  return execa("pulumi", [...parameters, "--non-interactive"], { cwd: folder, env, all: true, reject: false });
}

/** One stack that declares one machine, and the Pulumi commands on it. */
export class Trial {
  readonly name: string;
  readonly gates: Gates;
  readonly #folder: string;
  readonly #image: string;
  #own: Readonly<Record<string, string>>;
  #label = "first";
  #adopts = false;
  #running: Cli | undefined;
  #family: Process[] = [];

  private constructor(
    name: string,
    folder: string,
    image: string,
    gates: Gates,
    own: Readonly<Record<string, string>>,
  ) {
    this.#own = own;
    this.name = name;
    this.#folder = folder;
    this.#image = image;
    this.gates = gates;
  }

  /**
   * @param folder - the project's folder
   * @param image - the image's reference
   * @param own - what its environment has besides
   */
  static async make(
    name: string,
    folder: string,
    image: string,
    own: Readonly<Record<string, string>> = {},
  ): Promise<Trial> {
    const gates = join(folder, "trials", name);
    await mkdir(gates, { recursive: true });
    const trial = new Trial(name, folder, image, await Gates.make(gates), own);
    const { exitCode, output } = await trial.run("stack", "init");
    if (exitCode !== 0) throw new Error(output);
    return trial;
  }

  /** From now on the program declares the machine with this label, which changes in place. */
  relabel(label: string): void {
    this.#label = label;
  }

  /** From now on a machine that no state has is taken over, as the error says that one may. */
  adoptExisting(): void {
    this.#adopts = true;
  }

  /** Starts an `up` or a `destroy`, which a fault is to meet. */
  start(command: "up" | "destroy"): void {
    this.#running = this.#pulumi(command, "--yes", "--skip-preview");
  }

  /** Remembers the processes of the command, before the fault parts them; answers them. */
  async meetFamily(): Promise<Process[]> {
    const family = await descendantsOf(this.pid);
    this.#family.push(...family);
    return family;
  }

  get pid(): number {
    if (this.#running?.pid === undefined) throw new Error(`${this.name}: no Pulumi command runs.`);
    return this.#running.pid;
  }

  /** Waits for the command's end; one that does not end is killed, which counts as what it is. */
  async ended(): Promise<Outcome> {
    if (this.#running === undefined) throw new Error(`${this.name}: no Pulumi command runs.`);
    const { pid } = this;
    const timer = setTimeout(() => kill(pid, "SIGKILL"), END_SECONDS * 1000);
    const result = await this.#running;
    clearTimeout(timer);
    return { exitCode: result.exitCode, output: result.all };
  }

  /** Runs a command of Pulumi on the stack to its end. */
  async run(...parameters: string[]): Promise<Outcome> {
    const { exitCode, all } = await this.#pulumi(...parameters);
    return { exitCode, output: all };
  }

  /** Ends what is left of the command and of Pulumi itself: the provider of an engine that was killed idles on. */
  async endFamily(): Promise<void> {
    await this.gates.openAll();
    if (this.#running?.pid !== undefined && this.#running.exitCode === undefined) await this.meetFamily();
    this.#running?.kill("SIGKILL");
    await endLeftovers(this.#family);
  }

  /** The machine's id in the state; undefined where the state has none. */
  async recordedId(): Promise<string | undefined> {
    const { output } = await this.run("stack", "export");
    const resources = Exported.parse(JSON.parse(output)).deployment?.resources ?? [];
    return resources.find(({ type }) => type.endsWith("condor:Instance"))?.id;
  }

  /** The jobs in the queue that are of this trial's machine and not on their way out. */
  async jobs(): Promise<TrialJob[]> {
    return (await queue())
      .filter((job) => job.JobStatus !== 3 && decodeText(String(job.CloudKey))?.startsWith(`${PROJECT}/${this.name}/`))
      .map((job) => ({
        id: String(job.GlobalJobId),
        jobId: `${job.ClusterId}.${job.ProcId}`,
        status: Number(job.JobStatus),
        acknowledged: job.CloudAcknowledged === true,
        deadline: Number(job.CloudDeadline),
        leaseUntil: Number(job.CloudLeaseUntil),
      }));
  }

  #pulumi(...parameters: string[]): Cli {
    return pulumi(this.#folder, [...parameters, "--stack", this.name], {
      CONDOR_CLOUD_COMMANDS: this.gates.commands,
      TRIAL_IMAGE: this.#image,
      TRIAL_LABEL: this.#label,
      ...this.#own,
      ...(this.#adopts ? { CONDOR_CLOUD_ADOPT_EXISTING: "true" } : {}),
    });
  }
}
