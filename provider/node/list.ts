import type { Context } from "../context.ts";

/** An execute node as lists show it. What a slot does not say is undefined. */
export interface NodeView {
  readonly host: string;
  /** What its machines can take together. */
  readonly totalMemoryMiB: number | undefined;
  readonly totalVcpus: number | undefined;
  /** What no machine has taken yet. */
  readonly freeMemoryMiB: number | undefined;
  readonly freeVcpus: number | undefined;
  readonly diskFreeMiB: number;
  /** What a new image may take in its cache. */
  readonly cacheAvailableMiB: number;
  /** The digests of the images in its cache. */
  readonly cachedImages: readonly string[];
  readonly networks: readonly string[];
  /** `kvm`, or `qemu` where the machine has to emulate. */
  readonly acceleration: "kvm" | "qemu";
  readonly architectures: readonly string[];
  readonly firmwares: readonly string[];
  /** Why it takes no machine, or why it last took none; empty: it always could. */
  readonly trouble: string;
  /** ISO 8601; when its agent last spoke; empty while it takes no machines. */
  readonly lastSeenAt: string;
}

/** The execute nodes that report to the pool, by name. */
export async function listNodes(context: Context): Promise<NodeView[]> {
  const nodes = await context.pool.nodes();
  return nodes
    .map(({ host, totalMemoryMiB, totalCpus, freeMemoryMiB, freeCpus, report }) => ({
      host,
      totalMemoryMiB,
      totalVcpus: totalCpus,
      freeMemoryMiB,
      freeVcpus: freeCpus,
      diskFreeMiB: report.diskFreeMiB,
      cacheAvailableMiB: report.cacheAvailableMiB,
      cachedImages: report.images,
      networks: report.networks,
      acceleration: report.acceleration,
      architectures: report.architectures,
      firmwares: report.firmwares,
      trouble: report.trouble,
      lastSeenAt: report.heartbeat === 0 ? "" : new Date(report.heartbeat * 1000).toISOString(),
    }))
    .sort((a, b) => a.host.localeCompare(b.host));
}
