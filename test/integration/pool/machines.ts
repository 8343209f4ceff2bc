import { execa } from "execa";
import { inject } from "vitest";
import { macAddressOf } from "../../../contract/instance-spec.ts";
import type { CloudJob } from "../../../contract/job-ad.ts";
import { type Context, openContext } from "../../../provider/context.ts";
import { parseSubmitted, submitDescription } from "../../../provider/htcondor/submit-description.ts";
import { type Observation, observe } from "../../../provider/instance/state.ts";
import { readSettings } from "../../../provider/settings.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import type { TestImage } from "./images.ts";
import { theSandbox } from "./nodes.ts";
import { eventually } from "./wait.ts";

let context: Context | undefined;

/** The provider's own view of the group's pool and store. */
export async function theContext(): Promise<Context> {
  const { bin, store } = await theSandbox();
  context ??= openContext(readSettings({ commands: bin, store }, {}));
  return context;
}

/** How a test's machine differs from what the provider submits. */
export interface SubmissionOptions {
  /** How many, in one submission; absent: 1. */
  readonly count?: number;
  /** The only node that may run them. */
  readonly only?: Machine;
  /** The node that is tried first. */
  readonly first?: Machine;
  /** How long HTCondor waits for a silent node, in seconds; absent: as the provider has it. */
  readonly leaseSeconds?: number;
  /** What the jobs say that the image takes in a cache, in MiB; absent: the truth. */
  readonly cacheMiB?: number;
  /** What else differs in each of the jobs. */
  readonly change?: (job: CloudJob) => CloudJob;
}

/** A machine's job. */
export interface TestMachine {
  /** The GlobalJobId. */
  readonly id: string;
  /** `cluster.proc`. */
  readonly jobId: string;
}

/** What a machine boots from. */
export type BootImage = Pick<TestImage, "reference" | "digest" | "sizeMiB">;

let submissions = 0;

/** Submits machines as the provider does, acknowledged, and answers as soon as they are in the queue. */
export async function submitMachines(image: BootImage, options: SubmissionOptions = {}): Promise<TestMachine[]> {
  submissions++;
  const names = Array.from({ length: options.count ?? 1 }, (_, index) => `m${submissions}-${index}`);
  const { change = (job) => job } = options;
  const jobs = names.map((name) => change(jobOf(image, name, options)));
  const env = inject("environment");
  const input = adapted(submitDescription(jobs), options);
  const { stdout } = await execa("condor_submit", ["-terse", "-"], { env, input });
  const clusterId = parseSubmitted(stdout)?.clusterId;
  if (clusterId === undefined) throw new Error(`condor_submit says: ${stdout}`);
  const queued = await execa("condor_q", [String(clusterId), "-af", "GlobalJobId", "ProcId"], { env });
  return queued.stdout.split("\n").map((line) => {
    const [id = "", procId = ""] = line.split(" ");
    return { id, jobId: `${clusterId}.${procId}` };
  });
}

/** Submits one machine; see {@link submitMachines}. */
export async function submitMachine(
  image: BootImage,
  options: Omit<SubmissionOptions, "count"> = {},
): Promise<TestMachine> {
  const [machine] = await submitMachines(image, options);
  if (machine === undefined) throw new Error("condor_q does not show what condor_submit took.");
  return machine;
}

/** The machines of one test, or of several that share them, so that none outlives it. */
export class TestMachines {
  #all: TestMachine[] = [];

  /** See {@link submitMachines}. */
  async submit(image: BootImage, options: SubmissionOptions = {}): Promise<TestMachine[]> {
    const submitted = await submitMachines(image, options);
    this.#all.push(...submitted);
    return submitted;
  }

  /** See {@link submitMachine}. */
  async submitOne(image: BootImage, options: Omit<SubmissionOptions, "count"> = {}): Promise<TestMachine> {
    const machine = await submitMachine(image, options);
    this.#all.push(machine);
    return machine;
  }

  /** Removes all and waits until they have left the queue. A starter is deaf for half a minute after a start. */
  async endAll(seconds = 150): Promise<void> {
    const { pool } = await theContext();
    const ending = this.#all;
    this.#all = [];
    await Promise.all(ending.map(({ id }) => pool.remove(id)));
    const left = async () => {
      const seen = await Promise.all(ending.map(look));
      return ending.filter((_, index) => seen[index] !== "gone").map(({ jobId }) => jobId);
    };
    await eventually("removed jobs to leave the queue", left, (jobs) => jobs.length === 0, seconds);
  }
}

/** What queue and node say about a machine; `gone` when its job has left the queue. */
export async function look({ id }: TestMachine): Promise<Observation | "gone"> {
  const { pool } = await theContext();
  const job = await pool.find(id);
  return job === undefined ? "gone" : observe(job, await pool.machine(job));
}

/** Waits until a machine runs and has an address. */
export async function running(machine: TestMachine, seconds = 180): Promise<Observation> {
  return waitedFor(machine, "to run with an address", isUp, seconds);
}

/** Waits until a machine's domain runs; its guest may still be booting. */
export async function started(machine: TestMachine, seconds = 180): Promise<Observation> {
  return waitedFor(machine, "to run", ({ state }) => state === "running", seconds);
}

async function waitedFor(
  machine: TestMachine,
  what: string,
  wanted: (seen: Observation) => boolean,
  seconds: number,
): Promise<Observation> {
  const isThere = (seen: Observation | "gone") => seen !== "gone" && wanted(seen);
  const seen = await eventually(`machine ${machine.jobId} ${what}`, () => look(machine), isThere, seconds);
  if (seen === "gone") throw new Error(`The job of machine ${machine.jobId} is gone.`);
  return seen;
}

/** Whether a machine's domain runs and its guest has an address. */
export function isUp({ state, ipAddress }: Observation): boolean {
  return state === "running" && ipAddress !== "";
}

function jobOf(image: BootImage, name: string, { cacheMiB = image.sizeMiB }: SubmissionOptions): CloudJob {
  return {
    key: `test/${name}`,
    spec: {
      name,
      image: image.reference,
      profile: "custom",
      size: { memoryMiB: 128, vcpus: 1 },
      network: "default",
      macAddress: macAddressOf(`${inject("sandbox")}/${image.digest}/${name}`),
      labels: {},
      gracefulStop: false,
    },
    imageNeeds: { architecture: "x86_64", firmware: "bios", cacheMiB, diskMiB: Math.max(500, image.sizeMiB) },
    acknowledged: true,
    deadline: 0,
  };
}

/** The host names of a sandbox are of a pattern that needs no quoting in a ClassAd string. */
function adapted(description: string, { only, first, leaseSeconds }: SubmissionOptions): string {
  const lines = description.split("\n").map((line) => {
    if (only && line.startsWith("requirements = ")) return `${line} && TARGET.Machine == "${only.host}"`;
    if (first && line.startsWith("rank = ")) return `rank = TARGET.Machine == "${first.host}"`;
    if (leaseSeconds && line.startsWith("job_lease_duration = ")) return `job_lease_duration = ${leaseSeconds}`;
    return line;
  });
  return lines.join("\n");
}
