import type { NodeSlot } from "../htcondor/slots.ts";
import type { Needs } from "./needs.ts";
import { byObstacle, kindObstaclesAt, obstaclesAt } from "./obstacles.ts";

/** Why a machine can never run in a pool, and which of its arguments is in the way. */
export interface Never {
  readonly property: "profile" | "image" | "network";
  readonly reason: string;
}

/**
 * Why no node of the pool could ever hold the machine, if nothing else ran there; undefined where one could, and where
 * no node reports at all, for then they may only be starting. Each node counts as a whole: memory of one and processors
 * of another hold nothing. Disk does not count, because what is free of it changes.
 */
export function whyNever(needs: Needs, nodes: readonly NodeSlot[]): Never | undefined {
  if (nodes.length === 0) return undefined;
  const suitable = nodes.filter((node) => kindObstaclesAt(node, needs).length === 0);
  if (suitable.length === 0) {
    const why = byObstacle(nodes, (node) => kindObstaclesAt(node, needs)).join("; ");
    const isNowhere = needs.networks.some((network) => nodes.every(({ report }) => !report.networks.includes(network)));
    const property = isNowhere ? "network" : "image";
    return { property, reason: `no execute node of the pool could ever boot such a machine: ${why}` };
  }
  if (suitable.some((node) => isLargeEnough(node, needs))) return undefined;
  const reason = `no execute node of the pool could ever hold ${sizeOf(needs)}; the largest that any can hold: ${largest(suitable)}`;
  return { property: "profile", reason };
}

/** A node whose slot does not say how large it is may be large enough. */
function isLargeEnough({ totalMemoryMiB, totalCpus }: NodeSlot, needs: Needs): boolean {
  return (totalMemoryMiB ?? Infinity) >= needs.memoryMiB && (totalCpus ?? Infinity) >= needs.vcpus;
}

/** Of so many largest nodes the sizes are told. */
const LARGEST_MAX = 3;

/** The sizes than which no other is larger in both memory and processors, largest memory first. */
function largest(nodes: readonly NodeSlot[]): string {
  const sizes = nodes.map(({ host, totalMemoryMiB: memoryMiB = 0, totalCpus: vcpus = 0 }) => ({
    ...{ host, memoryMiB, vcpus },
  }));
  const sorted = sizes.sort((a, b) => b.memoryMiB - a.memoryMiB || b.vcpus - a.vcpus);
  const front = sorted.filter(({ vcpus }, index) => sorted.slice(0, index).every((larger) => larger.vcpus < vcpus));
  return front
    .slice(0, LARGEST_MAX)
    .map((size) => `${sizeOf(size)} on ${size.host}`)
    .join(", ");
}

/** A size in words: "512 MiB and 1 vCPU". */
export function sizeOf({ memoryMiB, vcpus }: Pick<Needs, "memoryMiB" | "vcpus">): string {
  return `${memoryMiB} MiB and ${vcpus} vCPU${vcpus === 1 ? "" : "s"}`;
}

/**
 * What is left of the nodes when the first of them that can has taken the machine; undefined where none can now.
 *
 * @param nodes - the execute nodes, less what was asked of them before
 */
export function place(
  needs: Needs,
  nodes: readonly NodeSlot[],
  nowMilliseconds: number,
): readonly NodeSlot[] | undefined {
  const { placed, left } = placeMany(needs, 1, nodes, nowMilliseconds);
  return placed === 1 ? left : undefined;
}

/** How many of so many equal machines the nodes can take now, the first of them first, and what is left of them then. */
export function placeMany(
  needs: Needs,
  count: number,
  nodes: readonly NodeSlot[],
  nowMilliseconds: number,
): { readonly placed: number; readonly left: readonly NodeSlot[] } {
  let placed = 0;
  const left = nodes.map((node) => {
    let rest = node;
    for (; placed < count && obstaclesAt(rest, needs, nowMilliseconds).length === 0; placed += 1) {
      rest = less(rest, needs);
    }
    return rest;
  });
  return { placed, left };
}

function less({ host, freeMemoryMiB, freeCpus, report, ...totals }: NodeSlot, needs: Needs): NodeSlot {
  const { images, cacheAvailableMiB, diskFreeMiB } = report;
  const isCached = needs.image === undefined || images.some((digest) => digest === needs.image?.digest);
  return {
    ...totals,
    host,
    freeMemoryMiB: freeMemoryMiB && freeMemoryMiB - needs.memoryMiB,
    freeCpus: freeCpus && freeCpus - needs.vcpus,
    report: {
      ...report,
      images: isCached || needs.image === undefined ? images : [...images, needs.image.digest],
      cacheAvailableMiB: isCached ? cacheAvailableMiB : cacheAvailableMiB - (needs.image?.cacheMiB ?? 0),
      diskFreeMiB: diskFreeMiB - (needs.diskMiB ?? 0),
    },
  };
}
