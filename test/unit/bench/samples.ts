import type { Look, MachinesFigure, QueueFigure, Race, Results } from "../../bench/results.ts";

/** A race of two runs: the bare pool took 10 s, Pulumi's own start 2 s. */
export function race(ours: number[]): Race {
  const each = (value: number) => ours.map(() => value);
  return { ours, bare: each(10), pulumi: each(2), oursCpu: each(3), bareCpu: each(0.5), commands: { condor_q: 4 } };
}

function look(ours: number): Look {
  const commands = { condor_q: 1 };
  return {
    ours: [ours, ours],
    toy: [2, 2],
    oursCpu: [3, 3],
    toyCpu: [2, 2],
    commands,
    memoryMiB: [120, 140],
    toyMemoryMiB: [90, 95],
  };
}

/** Real machines whose `up` takes 13 s, or as long as is said, and whose `destroy` takes 11 s. */
export function machines(figure: Partial<MachinesFigure> = {}): MachinesFigure {
  return { subject: "fleet", count: 24, up: race([13, 13]), destroy: race([11, 11]), memoryMiB: [100], ...figure };
}

/** Queued members whose looks take 1.25 times the toy's. */
export function queued(figure: Partial<QueueFigure> = {}): QueueFigure {
  const up = { seconds: 4, commands: { condor_submit: 1, condor_q: 3 }, memoryMiB: 130 };
  return { subject: "fleet", count: 1000, up, preview: look(2.5), refresh: look(2.5), stateBytes: 300_000, ...figure };
}

/** A whole run. */
export function results(parts: Partial<Results> = {}): Results {
  return {
    schema: 1,
    takenAt: "2026-11-26T01:02:03.000Z",
    quick: false,
    runs: 2,
    guest: "halting",
    host: { processor: "Some CPU", cores: 2, memoryMiB: 24_000, loadBefore: 0.1 },
    versions: { "pulumi-condor": "0.1.0", condor: "23.9.6" },
    machines: [machines(), machines({ subject: "instances", parallel: 64 }), machines({ subject: "instances" })],
    queue: [queued(), queued({ subject: "instances" })],
    ...parts,
  };
}
