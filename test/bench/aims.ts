import { commandsTold, total } from "./commands.ts";
import type { MachinesFigure, QueueFigure, Race, Results } from "./results.ts";
import { median, ratios } from "./statistics.ts";

/** An aim, and how near the figures come. */
export interface Verdict {
  readonly what: string;
  readonly aim: string;
  /** What was measured; empty where this run did not. */
  readonly is: string;
  readonly met: boolean | undefined;
}

/** The sizes that the aims speak of. */
const MACHINES = 24;
const MEMBERS = 1000;

const TIMES = 1.15;
const LOOK_TIMES = 1.3;
const COMMANDS = 12;
const MEMORY_MIB = 150;

/** Judges a run by its medians. */
export function verdicts({ machines, queue }: Results): Verdict[] {
  const races = machines.filter(({ count }) => count === MACHINES);
  const of = (subject: string) => queue.find((figure) => figure.subject === subject && figure.count === MEMBERS);
  const [fleet, instances] = [of("fleet"), of("instances")];
  return [
    ...races.map((figure) =>
      judge(`pulumi up of ${titleOf(figure)}, less Pulumi's own start, over the bare pool`, figure.up, {
        aim: `${TIMES} times`,
        value: (up) => median(ratios(up.ours, up.bare, up.pulumi)),
        tell: (value, up) => `${value.toFixed(2)} times (${timesTold(up)} with the start)`,
        isMet: (value) => value <= TIMES,
      }),
    ),
    ...races.map((figure) =>
      judge(`destroy of ${titleOf(figure)}, over one bare condor_rm`, figure.destroy, {
        aim: `${TIMES} times`,
        value: (destroy) => median(ratios(destroy.ours, destroy.bare)),
        tell: (value, { ours, bare, pulumi }) =>
          `${value.toFixed(2)} times (${median(ratios(ours, bare, pulumi)).toFixed(2)} less Pulumi's own start)`,
        isMet: (value) => value <= TIMES,
      }),
    ),
    judge("commands of HTCondor for the up of a fleet of 1,000 queued members", fleet, {
      aim: `under ${COMMANDS}`,
      value: ({ up }) => total(up.commands),
      tell: (value, { up }) => `${value} (${commandsTold(up.commands)})`,
      isMet: (value) => value < COMMANDS,
    }),
    ...(["preview", "refresh"] as const).map((operation) =>
      judge(`no-change ${operation} of a fleet of 1,000, over a toy with the same state`, fleet, {
        aim: `${LOOK_TIMES} times`,
        value: (figure) => median(ratios(figure[operation].ours, figure[operation].toy)),
        tell: (value) => `${value.toFixed(2)} times`,
        isMet: (value) => value <= LOOK_TIMES,
      }),
    ),
    judge("queries of the pool for the refresh of 1,000 single instances", instances, {
      aim: "1",
      value: ({ refresh }) => total(refresh.commands),
      tell: (value, { refresh }) => `${value} (${commandsTold(refresh.commands)})`,
      isMet: (value) => value <= 1,
    }),
    ...[fleet, instances].map((figure, index) =>
      judge(`memory of the provider with ${index === 0 ? "a fleet of 1,000" : "1,000 single instances"}`, figure, {
        aim: `under ${MEMORY_MIB} MiB`,
        value: mostMemory,
        tell: (value, { preview, refresh }) =>
          `${value.toFixed(0)} MiB (a toy's provider: ${Math.max(...preview.toyMemoryMiB, ...refresh.toyMemoryMiB).toFixed(0)})`,
        isMet: (value) => value < MEMORY_MIB,
      }),
    ),
  ];
}

/** What a figure of real machines is about, in words. */
export function titleOf({ subject, count, parallel }: MachinesFigure): string {
  if (subject === "fleet") return `a fleet of ${count}`;
  return `${count} ${count === 1 ? "instance" : "instances"}${parallel === undefined ? "" : ` (-p ${parallel})`}`;
}

/** The most that the provider's process had resident in any operation, in MiB. */
export function mostMemory({ up, preview, refresh }: QueueFigure): number {
  return Math.max(up.memoryMiB, ...preview.memoryMiB, ...refresh.memoryMiB);
}

function timesTold({ ours, bare }: Race): string {
  return median(ratios(ours, bare)).toFixed(2);
}

function judge<T>(
  what: string,
  measured: T | undefined,
  about: {
    readonly aim: string;
    readonly value: (measured: T) => number;
    readonly tell: (value: number, measured: T) => string;
    readonly isMet: (value: number) => boolean;
  },
): Verdict {
  if (measured === undefined) return { what, aim: about.aim, is: "", met: undefined };
  const value = about.value(measured);
  return { what, aim: about.aim, is: about.tell(value, measured), met: about.isMet(value) };
}
