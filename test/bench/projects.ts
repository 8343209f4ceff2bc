import { cp, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExecaError, execa } from "execa";
import type { CountedCommands } from "./commands.ts";
import { childrenCpuSeconds, providerPeakMiB } from "./processes.ts";
import type { Commands, Subject } from "./results.ts";

/** Plain JavaScript, so that no compiler's seconds are in what is measured. */
const OURS = `
import { readFileSync } from "node:fs";
import * as condor from "pulumi-condor";
const { instances = {}, fleets = {} } = JSON.parse(readFileSync(new URL("declared.json", import.meta.url), "utf8"));
for (const [name, args] of Object.entries(instances)) new condor.CondorInstance(name, args);
for (const [name, args] of Object.entries(fleets)) new condor.CondorFleet(name, args);
`;

/** The same with resources that do nothing. Their provider, too, is found by one constant line in the state. */
const TOY = `
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
const { instances = {}, fleets = {} } = JSON.parse(readFileSync(new URL("declared.json", import.meta.url), "utf8"));
const declare = (type, name, args) => new pulumi.CustomResource("pulumi-nodejs:dynamic/toy:" + type, name, {
  ...args, __provider: 'exports.handler = () => require("condor-bench-toy").handler;',
});
for (const [name, args] of Object.entries(instances)) declare("Instance", name, args);
for (const [name, args] of Object.entries(fleets)) declare("Fleet", name, args);
`;

/** What has a state keeps it; a check answers the inputs of the state, as large as they are. */
const TOY_PROVIDER = `
exports.handler = {
  check: async (olds, news) => ({ inputs: Object.keys(olds ?? {}).length > 0 ? olds : news, failures: [] }),
  diff: async () => ({ changes: false }),
  create: async (inputs) => ({ id: "toy", outs: inputs }),
  read: async (id, props) => ({ id, props }),
  update: async (_id, _olds, news) => ({ outs: news }),
  delete: async () => {},
};
`;

/** What a program declares, by the resources' names. */
export interface Declared {
  readonly instances?: Record<string, object>;
  readonly fleets?: Record<string, object>;
}

/** A program with so many machines of the same arguments, one by one or as one fleet. */
export function declaration(subject: Subject, count: number, args: object): Declared {
  if (subject === "fleet") return { fleets: { fleet: { ...args, count } } };
  return { instances: Object.fromEntries(Array.from({ length: count }, (_, index) => [`machine-${index}`, args])) };
}

/** One operation of Pulumi, measured. */
export interface Measured {
  readonly seconds: number;
  /** Processor time of the command and all that it started. */
  readonly cpuSeconds: number;
  /** The most that the provider's process had resident. */
  readonly memoryMiB: number;
  readonly commands: Commands;
}

/** A project with one stack. */
export interface Project {
  declare(declared: Declared): Promise<void>;
  /** Runs one of Pulumi's operations; `preview` fails where there is a change. */
  run(operation: "up" | "destroy" | "preview" | "refresh", parallel?: number): Promise<Measured>;
  readonly stateFile: string;
}

/** Both projects: ours and the toy's. */
export interface Projects {
  readonly ours: Project;
  readonly toy: Project;
  /** Gives the toy the state that ours has, and the program. */
  copyToToy(): Promise<void>;
  /** Forgets all resources of both, without asking anybody. */
  forget(): Promise<void>;
}

/**
 * Writes the two projects. They have one name, one stack's name and one salt, but a backend each, so that the state of
 * ours becomes the toy's by its resource types alone.
 *
 * @param installed - the folder in which the packed package is installed
 */
export async function makeProjects(
  installed: string,
  env: Record<string, string>,
  counted: CountedCommands,
  signal: AbortSignal,
): Promise<Projects> {
  const toyModule = join(installed, "node_modules", "condor-bench-toy");
  await mkdir(toyModule, { recursive: true });
  await writeFile(join(toyModule, "package.json"), '{ "name": "condor-bench-toy", "main": "index.js" }');
  await writeFile(join(toyModule, "index.js"), TOY_PROVIDER);
  const make = (name: string, program: string) => makeProject(join(installed, name), program, env, counted, signal);
  const ours = await make("ours", OURS);
  const toy = await make("toy", TOY);
  await cp(join(ours.folder, "Pulumi.bench.yaml"), join(toy.folder, "Pulumi.bench.yaml"));
  const empty = await readFile(ours.stateFile, "utf8");
  return {
    ours,
    toy,
    async copyToToy() {
      await writeFile(toy.stateFile, toyState(await readFile(ours.stateFile, "utf8")));
      await cp(join(ours.folder, "declared.json"), join(toy.folder, "declared.json"));
    },
    async forget() {
      for (const { stateFile } of [ours, toy]) await writeFile(stateFile, empty);
    },
  };
}

/** A state of ours as a toy's: other types, and another line that finds the provider. */
export function toyState(state: string): string {
  return state
    .replaceAll("pulumi-nodejs:dynamic/condor:", "pulumi-nodejs:dynamic/toy:")
    .replaceAll(
      /require\(\\"pulumi-condor\/dynamic\\"\)\.(?:instance|fleet);/g,
      'require(\\"condor-bench-toy\\").handler;',
    );
}

async function makeProject(
  folder: string,
  program: string,
  environment: Record<string, string>,
  counted: CountedCommands,
  signal: AbortSignal,
): Promise<Project & { readonly folder: string }> {
  const backend = join(folder, "backend");
  await mkdir(backend, { recursive: true });
  await cp(join(folder, "..", "package.json"), join(folder, "package.json"));
  await symlink(join(folder, "..", "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "Pulumi.yaml"), "name: bench\nruntime: nodejs\nmain: index.mjs\n");
  await writeFile(join(folder, "index.mjs"), program);
  const env = { ...environment, PULUMI_BACKEND_URL: `file://${backend}` };
  // Time for a Ctrl-C to reach the provider, which then ends its commands.
  const options = { cwd: folder, env, cancelSignal: signal, forceKillAfterDelay: 30_000 };
  await execa("pulumi", ["stack", "init", "bench"], options);
  await execa("pulumi", ["config", "set", "--stack", "bench", "condor:commands", counted.bin], options);
  const stateFile = join(backend, ".pulumi", "stacks", "bench", "bench.json");
  await stat(stateFile);
  return {
    folder,
    stateFile,
    async declare(declared) {
      await writeFile(join(folder, "declared.json"), JSON.stringify(declared));
    },
    async run(operation, parallel) {
      const parameters = [operation, "--stack", "bench", "--non-interactive", ...PARAMETERS[operation]];
      if (parallel !== undefined) parameters.push("--parallel", String(parallel));
      await counted.take();
      const cpuBefore = await childrenCpuSeconds();
      const began = performance.now();
      const running = execa("pulumi", parameters, options);
      const ended = new AbortController();
      const peak = running.pid === undefined ? Promise.resolve(0) : providerPeakMiB(running.pid, ended.signal);
      try {
        await running;
      } catch (error) {
        throw error instanceof ExecaError ? new Error(failureOf(operation, error), { cause: error }) : error;
      } finally {
        ended.abort();
      }
      const seconds = (performance.now() - began) / 1000;
      const cpuSeconds = (await childrenCpuSeconds()) - cpuBefore;
      const { commands } = await counted.take();
      return { seconds, cpuSeconds, memoryMiB: await peak, commands };
    },
  };
}

/** Pulumi's own last words: an error of hers is at the end, after the rows. */
function failureOf(operation: string, { stdout, stderr }: ExecaError): string {
  const words = `${stdout ?? ""}\n${stderr ?? ""}`.trim().split("\n").slice(-40).join("\n");
  return `pulumi ${operation} failed. It says:\n${words}`;
}

const PARAMETERS = {
  up: ["--yes", "--skip-preview"],
  destroy: ["--yes", "--skip-preview"],
  preview: ["--expect-no-changes"],
  refresh: ["--yes", "--skip-preview"],
} as const;
