import { HEARTBEAT_TIMEOUT_SECONDS, TROUBLE_OVER } from "../../contract/node-report.ts";
import type { NodeSlot } from "../htcondor/slots.ts";
import type { Needs } from "./needs.ts";

/** Of more nodes than these with the same obstacle only the number is told. */
const HOSTS_MAX = 3;

/**
 * Why a machine waits, in the nodes' own figures: a line for each obstacle, with the nodes that have it. For people,
 * after a wait that was too long or before one; HTCondor alone decides who gets a slot.
 *
 * @param nodes - the execute nodes, as they last reported
 */
export function obstacles(needs: Needs, nodes: readonly NodeSlot[], nowMilliseconds: number): string[] {
  if (nodes.length === 0) return ["No execute node of Condor Cloud reports to the pool."];
  return byObstacle(nodes, (node) => {
    const found = obstaclesAt(node, needs, nowMilliseconds);
    return found.length === 0 ? ["nothing is known to be in the way"] : found;
  });
}

/** A line for each obstacle, with the nodes that have it. */
export function byObstacle(nodes: readonly NodeSlot[], obstaclesOf: (node: NodeSlot) => readonly string[]): string[] {
  const hosts = new Map<string, string[]>();
  for (const node of nodes) {
    for (const obstacle of obstaclesOf(node)) hosts.set(obstacle, [...(hosts.get(obstacle) ?? []), node.host]);
  }
  return [...hosts].map(([obstacle, names]) => `${some(names)}: ${obstacle}`);
}

/** What is in a machine's way at one node now; nothing where it could take the machine. */
export function obstaclesAt(node: NodeSlot, needs: Needs, nowMilliseconds: number): string[] {
  const { freeMemoryMiB, freeCpus, report } = node;
  // The agent's own way to say that it takes none; what else it reports then says nothing.
  if (report.heartbeat === 0) return [report.trouble || "takes no machines now"];
  const silentSeconds = Math.round(nowMilliseconds / 1000 - report.heartbeat);
  const cacheMiB = needs.image && !report.images.includes(needs.image.digest) ? needs.image.cacheMiB : 0;
  const checks: Check[] = [
    [silentSeconds > HEARTBEAT_TIMEOUT_SECONDS, `its agent has been silent for ${silentSeconds} s`],
    [report.trouble !== "" && !report.trouble.startsWith(TROUBLE_OVER), report.trouble],
    ...kindChecks(node, needs),
    lessThan("MiB of memory", freeMemoryMiB, needs.memoryMiB),
    lessThan("vCPUs", freeCpus, needs.vcpus),
    lessThan("MiB of disk", report.diskFreeMiB, needs.diskMiB ?? 0),
    lessThan("MiB in the image cache", report.cacheAvailableMiB, cacheMiB),
  ];
  return wordsOf(checks);
}

/** What is in the way of any machine of this kind, whatever its size; nothing where the node does not say what it can. */
export function kindObstaclesAt(node: NodeSlot, needs: Needs): string[] {
  return node.report.heartbeat === 0 ? [] : wordsOf(kindChecks(node, needs));
}

type Check = [inTheWay: boolean, words: string];

function kindChecks({ report }: NodeSlot, { architecture, firmware, networks }: Needs): Check[] {
  return [
    [isMissing(architecture, report.architectures), `boots no ${architecture} guests`],
    [isMissing(firmware, report.firmwares), `has no ${firmware} firmware for guests`],
    ...networks.map((network): Check => [isMissing(network, report.networks), `has no network ${network}`]),
  ];
}

function isMissing(needed: string | undefined, there: readonly string[]): boolean {
  return needed !== undefined && !there.includes(needed);
}

function lessThan(what: string, free: number | undefined, needed: number): Check {
  return [free !== undefined && free < needed, `has ${free} ${what} free of ${needed} needed`];
}

function wordsOf(checks: readonly Check[]): string[] {
  return checks.filter(([inTheWay]) => inTheWay).map(([, words]) => words);
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, HOSTS_MAX).join(", ");
  return names.length > HOSTS_MAX ? `${shown} and ${names.length - HOSTS_MAX} more` : shown;
}
