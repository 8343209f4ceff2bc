import type { CloudJob } from "../../contract/job-ad.ts";
import type { NodeSlot } from "../htcondor/slots.ts";

/** What a machine needs of a node that never changes; what is not known yet is undefined. */
export interface Needs {
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly network: string;
  readonly architecture?: string | undefined;
  readonly firmware?: string | undefined;
}

/** What a job says that its machine needs. */
export function needsOf({ spec, imageNeeds }: CloudJob): Needs {
  const { memoryMiB, vcpus } = spec.size;
  const { architecture, firmware } = imageNeeds;
  return { memoryMiB, vcpus, network: spec.network, architecture, firmware };
}

/**
 * Whether this node could hold the machine if nothing else ran on it. A node whose slot does not say how large it is may
 * be large enough.
 */
export function couldHold({ totalMemoryMiB, totalCpus, report }: NodeSlot, needs: Needs): boolean {
  return (
    (totalMemoryMiB === undefined || totalMemoryMiB >= needs.memoryMiB) &&
    (totalCpus === undefined || totalCpus >= needs.vcpus) &&
    suits(report, needs)
  );
}

/** Whether the node boots such guests on such a network, whatever their size. */
function suits(report: NodeSlot["report"], { network, architecture, firmware }: Needs): boolean {
  return (
    report.networks.includes(network) &&
    (architecture === undefined || report.architectures.some((has) => has === architecture)) &&
    (firmware === undefined || report.firmwares.some((has) => has === firmware))
  );
}

/** Why a machine can never run in a pool, and which of its arguments is in the way. */
export interface Never {
  readonly property: "profile" | "image";
  readonly reason: string;
}

/**
 * Why no node of the pool could ever hold the machine; undefined where one could, and where no node reports at all,
 * for then they may only be starting.
 */
export function whyNever(needs: Needs, nodes: readonly NodeSlot[]): Never | undefined {
  if (nodes.length === 0 || nodes.some((node) => couldHold(node, needs))) return undefined;
  const suitable = nodes.filter(({ report }) => suits(report, needs));
  if (suitable.length === 0) {
    const kind = [needs.architecture, needs.firmware].filter((part) => part !== undefined).join(", ") || "any";
    const reason = `no execute node of the pool boots such guests (${kind}) on the network ${needs.network}`;
    return { property: "image", reason };
  }
  const asked = `${needs.memoryMiB} MiB and ${needs.vcpus} vCPU`;
  const reason = `no execute node of the pool could ever hold ${asked}; the largest there is: ${largest(suitable)}`;
  return { property: "profile", reason };
}

/** The nodes than which no other is larger in both memory and processors, largest memory first. */
function largest(nodes: readonly NodeSlot[]): string {
  const sizes = nodes.map(({ host, totalMemoryMiB = 0, totalCpus = 0 }) => ({ host, totalMemoryMiB, totalCpus }));
  const sorted = sizes.sort((a, b) => b.totalMemoryMiB - a.totalMemoryMiB || b.totalCpus - a.totalCpus);
  let mostCpus = -1;
  const front = sorted.filter(({ totalCpus }) => {
    const isLarger = totalCpus > mostCpus;
    mostCpus = Math.max(mostCpus, totalCpus);
    return isLarger;
  });
  return front.map((node) => `${node.totalMemoryMiB} MiB and ${node.totalCpus} vCPU on ${node.host}`).join(", ");
}

/** What a node has left. */
export interface Free {
  memoryMiB: number;
  vcpus: number;
  readonly node: NodeSlot;
}

/** Takes the machine's part from the first node that has it left; false where none has. */
export function reserve(needs: Needs, free: readonly Free[]): boolean {
  const place = free.find(
    ({ memoryMiB, vcpus, node }) => memoryMiB >= needs.memoryMiB && vcpus >= needs.vcpus && suits(node.report, needs),
  );
  if (place === undefined) return false;
  place.memoryMiB -= needs.memoryMiB;
  place.vcpus -= needs.vcpus;
  return true;
}
