import type { MachinesFigure, QueueFigure } from "./results.ts";

/** What is measured, and how often. */
export interface Plan {
  readonly quick: boolean;
  readonly runs: number;
  /** Execute nodes of the pool that the sections `machines` and `queue` share. */
  readonly nodes: number;
  readonly machines: readonly Pick<MachinesFigure, "subject" | "count" | "parallel">[];
  readonly queue: readonly Pick<QueueFigure, "subject" | "count">[];
}

/** More creates at once than there are machines; Pulumi's default is four for each processor. */
const PARALLEL = 64;

/** The whole, about forty minutes. */
const FULL: Omit<Plan, "runs"> = {
  quick: false,
  nodes: 2,
  machines: [
    ...[1, 8, 24].map((count) => ({ subject: "instances" as const, count, parallel: PARALLEL })),
    { subject: "instances", count: 24 },
    ...[1, 8, 24].map((count) => ({ subject: "fleet" as const, count })),
  ],
  queue: [1, 100, 1000].flatMap((count) => [
    { subject: "fleet" as const, count },
    { subject: "instances" as const, count },
  ]),
};

/** A look in under five minutes. */
const QUICK: Omit<Plan, "runs"> = {
  quick: true,
  nodes: 1,
  machines: [
    { subject: "instances", count: 8, parallel: PARALLEL },
    { subject: "fleet", count: 8 },
  ],
  queue: [
    { subject: "instances", count: 100 },
    { subject: "fleet", count: 1000 },
  ],
};

/** @param runs - absent: one of a quick plan, else three */
export function planOf(quick: boolean, runs?: number): Plan {
  return { ...(quick ? QUICK : FULL), runs: runs ?? (quick ? 1 : 3) };
}
