import { stat } from "node:fs/promises";
import { step } from "../../sandbox/actions/action.ts";
import { allGone, type Bench, removeMachines, SIZE } from "./bench.ts";
import type { Plan } from "./plan.ts";
import { declaration, type Measured, type Projects } from "./projects.ts";
import type { Look, QueueFigure, Results } from "./results.ts";

/** Creates of instances run so many at once, so that making a thousand rows takes no quarter of an hour. */
const PARALLEL = 64;

/**
 * Members that queue and match nothing: what it costs to make them, to preview them and to refresh them, beside resources
 * that do nothing and have the very same state, in turn.
 */
export async function benchQueue(bench: Bench, projects: Projects, image: string, plan: Plan, results: Results) {
  const { reporter, signal } = bench;
  const { ours, toy } = projects;
  const args = { image, profile: SIZE, waitFor: "submitted", requirements: "false" };
  for (const { subject, count } of plan.queue) {
    const what = `${count} queued ${subject === "fleet" ? "in a fleet" : "as instances"}`;
    const figure = await step(reporter, `${what}: up`, signal, async (): Promise<QueueFigure> => {
      await ours.declare(declaration(subject, count, args));
      const { seconds, commands, memoryMiB } = await ours.run("up", PARALLEL);
      await projects.copyToToy();
      const up = { seconds, commands, memoryMiB };
      return {
        subject,
        count,
        up,
        preview: emptyLook(),
        refresh: emptyLook(),
        stateBytes: (await stat(ours.stateFile)).size,
      };
    });
    for (let run = 1; run <= plan.runs; run++) {
      for (const operation of ["preview", "refresh"] as const) {
        await step(reporter, `${what}: ${operation}, run ${run} of ${plan.runs}`, signal, async () => {
          record(figure[operation], await ours.run(operation), await toy.run(operation));
        });
      }
    }
    results.queue.push(figure);
    await step(reporter, `${what}: away`, signal, async () => {
      await removeMachines(bench);
      await allGone(bench);
      await projects.forget();
    });
  }
}

function record(look: Look, ours: Measured, toy: Measured): void {
  look.ours.push(ours.seconds);
  look.toy.push(toy.seconds);
  look.oursCpu.push(ours.cpuSeconds);
  look.toyCpu.push(toy.cpuSeconds);
  look.commands = ours.commands;
  look.memoryMiB.push(ours.memoryMiB);
  look.toyMemoryMiB.push(toy.memoryMiB);
}

function emptyLook(): Look {
  return { ours: [], toy: [], oursCpu: [], toyCpu: [], commands: {}, memoryMiB: [], toyMemoryMiB: [] };
}
