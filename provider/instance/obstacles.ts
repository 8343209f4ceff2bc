import { ImageReferenceText } from "../../contract/image-reference.ts";
import type { CloudJob } from "../../contract/job-ad.ts";
import { HEARTBEAT_TIMEOUT_SECONDS, TROUBLE_OVER } from "../../contract/node-report.ts";
import type { NodeSlot } from "../htcondor/slots.ts";
import { diskMiB } from "../htcondor/submit-description.ts";

/** Of more nodes than these with the same obstacle only the number is told. */
const HOSTS_MAX = 3;

/**
 * Why a machine waits, in the nodes' own figures: a line for each obstacle, with the nodes that have it. For people,
 * after a wait that was too long; HTCondor alone decides who gets a slot.
 *
 * @param nodes - the execute nodes, as they last reported
 */
export function obstacles(job: CloudJob, nodes: readonly NodeSlot[], nowMilliseconds: number): string[] {
  if (nodes.length === 0) return ["No execute node of Condor Cloud reports to the pool."];
  const hosts = new Map<string, string[]>();
  for (const node of nodes) {
    const found = obstaclesAt(node, job, nowMilliseconds / 1000);
    for (const obstacle of found.length === 0 ? ["nothing is known to be in the way"] : found) {
      hosts.set(obstacle, [...(hosts.get(obstacle) ?? []), node.host]);
    }
  }
  return [...hosts].map(([obstacle, names]) => `${some(names)}: ${obstacle}`);
}

function obstaclesAt({ freeMemoryMiB, freeCpus, report }: NodeSlot, job: CloudJob, nowSeconds: number): string[] {
  // The agent's own way to say that it takes none; what else it reports then says nothing.
  if (report.heartbeat === 0) return [report.trouble || "takes no machines now"];
  const { spec, imageNeeds } = job;
  const silentSeconds = Math.round(nowSeconds - report.heartbeat);
  const hasImage = report.images.includes(ImageReferenceText.parse(spec.image).digest);
  const checks: [inTheWay: boolean, words: string][] = [
    [silentSeconds > HEARTBEAT_TIMEOUT_SECONDS, `its agent has been silent for ${silentSeconds} s`],
    [report.trouble !== "" && !report.trouble.startsWith(TROUBLE_OVER), report.trouble],
    [!report.architectures.includes(imageNeeds.architecture), `boots no ${imageNeeds.architecture} guests`],
    [!report.firmwares.includes(imageNeeds.firmware), `has no ${imageNeeds.firmware} firmware for guests`],
    [!report.networks.includes(spec.network), `has no network ${spec.network}`],
    lessThan("MiB of memory", freeMemoryMiB, spec.size.memoryMiB),
    lessThan("vCPUs", freeCpus, spec.size.vcpus),
    lessThan("MiB of disk", report.diskFreeMiB, diskMiB(job)),
    lessThan("MiB in the image cache", report.cacheAvailableMiB, hasImage ? 0 : imageNeeds.cacheMiB),
  ];
  return checks.filter(([inTheWay]) => inTheWay).map(([, words]) => words);
}

function lessThan(what: string, free: number | undefined, needed: number): [boolean, string] {
  return [free !== undefined && free < needed, `has ${free} ${what} free of ${needed} needed`];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, HOSTS_MAX).join(", ");
  return names.length > HOSTS_MAX ? `${shown} and ${names.length - HOSTS_MAX} more` : shown;
}
