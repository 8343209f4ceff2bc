import { step } from "../../sandbox/actions/action.ts";
import { pulumiCli } from "../../sandbox/pulumi/pulumi-cli.ts";
import { installPacked } from "../integration/packed.ts";
import {
  addGuest,
  allGone,
  type Bench,
  describeMachines,
  domainsRun,
  removeMachines,
  submit,
  withBench,
} from "./bench.ts";
import { countCommands } from "./commands.ts";
import type { Guest } from "./guest.ts";
import { hostNow, versionsOf } from "./host.ts";
import { benchMachines } from "./machines.ts";
import { benchNode } from "./node.ts";
import { type Plan, planOf } from "./plan.ts";
import { makeProjects } from "./projects.ts";
import { benchQueue } from "./queue.ts";
import { RESULTS_SCHEMA, type Results } from "./results.ts";

/** The parts of the bench, in the order in which they run. */
export const SECTIONS = ["machines", "queue", "node"] as const;
export type Section = (typeof SECTIONS)[number];

/** How a run is to be. */
export interface RunOptions extends Pick<Bench, "reporter" | "signal"> {
  readonly quick: boolean;
  readonly runs?: number;
  readonly guest: Guest;
  /** What the sandboxes' names begin with. */
  readonly name: string;
  /** ISO 8601. */
  readonly takenAt: string;
}

/**
 * Takes the figures of the sections that are asked for.
 *
 * @param asked - empty: all, and of a quick run all that does not take minutes
 */
export async function takeFigures(asked: readonly Section[], options: RunOptions): Promise<Results> {
  const { quick, guest, name, reporter, signal, takenAt } = options;
  const plan = planOf(quick, options.runs);
  const usual: readonly Section[] = quick ? ["machines", "queue"] : SECTIONS;
  const isAsked = (section: Section) => (asked.length > 0 ? asked : usual).includes(section);
  const results: Results = {
    schema: RESULTS_SCHEMA,
    takenAt,
    quick,
    runs: plan.runs,
    guest,
    host: hostNow(),
    versions: {},
    machines: [],
    queue: [],
  };
  if (isAsked("machines") || isAsked("queue")) {
    await withBench({ name, nodes: plan.nodes, guest, reporter, signal }, (bench) =>
      benchPulumi(bench, plan, isAsked, results),
    );
  }
  if (isAsked("node")) {
    // One node, so that all machines at once are its own.
    await withBench({ name: `${name}-node`, nodes: 1, guest, reporter, signal }, async (bench) =>
      benchNode(bench, await addGuest(bench), plan.runs, results),
    );
  }
  return results;
}

/** The sections that run Pulumi, on one pool. */
async function benchPulumi(
  bench: Bench,
  plan: Plan,
  isAsked: (section: Section) => boolean,
  results: Results,
): Promise<void> {
  const { reporter, signal, folder, sandbox } = bench;
  const cli = await pulumiCli({ reporter });
  const env = { ...bench.env, PATH: `${cli}:${bench.env.PATH}` };
  const image = await addGuest(bench);
  const counted = await countCommands(folder, sandbox.bin);
  const projects = await step(
    reporter,
    "Installing the packed package, filling the nodes' caches",
    signal,
    async () => {
      const [made] = await Promise.all([
        installPacked(folder).then(() => makeProjects(folder, env, counted, signal)),
        isAsked("machines") ? fillCaches(bench, image, plan) : undefined,
      ]);
      return made;
    },
  );
  results.versions = await versionsOf(env);
  if (isAsked("machines")) await benchMachines(bench, projects, image, plan, results);
  if (isAsked("queue")) await benchQueue(bench, projects, image, plan, results);
}

/** Has every node copy the image: whatever is measured finds it there. */
async function fillCaches(bench: Bench, image: string, { machines, nodes }: Plan): Promise<void> {
  const count = nodes === 1 ? 1 : Math.max(...machines.map((figure) => figure.count));
  await submit(bench, await describeMachines(bench, image, count));
  await domainsRun(bench, count);
  await removeMachines(bench);
  await allGone(bench);
}
