import { setTimeout as sleep } from "node:timers/promises";
import { step } from "../../sandbox/actions/action.ts";
import { titleOf } from "./aims.ts";
import { allGone, type Bench, describeMachines, domainsRun, removeMachines, SIZE, submit } from "./bench.ts";
import type { Plan } from "./plan.ts";
import { childrenCpuSeconds } from "./processes.ts";
import { type Declared, declaration, type Measured, type Project, type Projects } from "./projects.ts";
import type { MachinesFigure, Race, Results } from "./results.ts";

/**
 * A starter is deaf for 36 s after its domain runs (vm_proc.cpp, StartJob). A removal in that time waits for its end, so
 * none is measured before it.
 */
const DEAF_MILLISECONDS = 38_000;

/** What runs on both sides of one race. */
interface Timed {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/**
 * Real machines from nothing to running, and away again: the bare pool, then each of ours, in turn, and Pulumi's own
 * start by as many resources that do nothing.
 */
export async function benchMachines(
  bench: Bench,
  { ours, toy }: Projects,
  image: string,
  plan: Plan,
  results: Results,
) {
  const { reporter, signal } = bench;
  const figures = plan.machines.map((each) => ({ ...each, ...emptyFigure() }));
  results.machines.push(...figures);
  for (let run = 1; run <= plan.runs; run++) {
    for (const count of new Set(figures.map((figure) => figure.count))) {
      const about = (what: string) => `Run ${run} of ${plan.runs}: ${what}`;
      const bare = await step(reporter, about(`${count} by condor_submit alone`), signal, () =>
        bareRun(bench, image, count),
      );
      for (const figure of figures.filter((each) => each.count === count)) {
        const declared = declaration(figure.subject, figure.count, { image, profile: SIZE, waitFor: "running" });
        const start = await step(reporter, about(`as many of nothing, as ${titleOf(figure)}`), signal, () =>
          pulumiRun(toy, declared, figure.parallel, async () => {}),
        );
        const made = await step(reporter, about(titleOf(figure)), signal, () =>
          pulumiRun(ours, declared, figure.parallel, () => sleep(DEAF_MILLISECONDS, undefined, { signal })),
        );
        await allGone(bench);
        record(figure.up, made.up, bare.up, start.up);
        record(figure.destroy, made.destroy, bare.destroy, start.destroy);
        figure.memoryMiB.push(Math.max(made.up.memoryMiB, made.destroy.memoryMiB));
      }
    }
  }
}

/** `condor_submit` until all domains run, `condor_rm` until the queue is empty. */
async function bareRun(bench: Bench, image: string, count: number): Promise<{ up: Timed; destroy: Timed }> {
  const description = await describeMachines(bench, image, count);
  const up = await timed(async () => {
    await submit(bench, description);
    await domainsRun(bench, count);
  });
  await sleep(DEAF_MILLISECONDS, undefined, { signal: bench.signal });
  const destroy = await timed(async () => {
    await removeMachines(bench);
    await allGone(bench);
  });
  return { up, destroy };
}

async function pulumiRun(
  project: Project,
  declared: Declared,
  parallel: number | undefined,
  between: () => Promise<void>,
): Promise<{ up: Measured; destroy: Measured }> {
  await project.declare(declared);
  const up = await project.run("up", parallel);
  await between();
  return { up, destroy: await project.run("destroy", parallel) };
}

async function timed(work: () => Promise<void>): Promise<Timed> {
  const cpuBefore = await childrenCpuSeconds();
  const began = performance.now();
  await work();
  return { seconds: (performance.now() - began) / 1000, cpuSeconds: (await childrenCpuSeconds()) - cpuBefore };
}

function record(race: Race, ours: Measured, bare: Timed, start: Measured): void {
  race.ours.push(ours.seconds);
  race.bare.push(bare.seconds);
  race.pulumi.push(start.seconds);
  race.oursCpu.push(ours.cpuSeconds);
  race.bareCpu.push(bare.cpuSeconds);
  race.commands = ours.commands;
}

function emptyFigure(): Pick<MachinesFigure, "up" | "destroy" | "memoryMiB"> {
  const empty = (): Race => ({ ours: [], bare: [], pulumi: [], oursCpu: [], bareCpu: [], commands: {} });
  return { up: empty(), destroy: empty(), memoryMiB: [] };
}
