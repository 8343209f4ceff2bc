import { statfs } from "node:fs/promises";
import type { NodeReport } from "../../contract/node-report.ts";
import type { ResolvedNodeConfiguration } from "../configuration.ts";
import type { ImageCache } from "./cache.ts";
import { type Capabilities, firmwaresOfAny } from "./capabilities.ts";
import { presentNetworks } from "./networks.ts";

const BYTES_PER_MIB = 1024 ** 2;

/** What the node is like now, but for its troubles. Networks that libvirt or the kernel does not have are left out: no job must meet them. */
export async function nodeReport(
  configuration: ResolvedNodeConfiguration,
  cache: ImageCache,
  acceleration: NodeReport["acceleration"],
  capabilities: Capabilities,
): Promise<Omit<NodeReport, "trouble">> {
  const guestKinds = await capabilities.guestKinds();
  const networks = await presentNetworks(configuration);
  const disk = await statfs(configuration.stateFolder);
  // After all waits: of two reports at once, the later must not say what the cache was like before the other.
  const { usedBytes, availableBytes } = cache.describe();
  return {
    heartbeat: Math.floor(Date.now() / 1000),
    images: cache.digests(),
    cacheUsedMiB: Math.ceil(usedBytes / BYTES_PER_MIB),
    cacheAvailableMiB: Math.floor(availableBytes / BYTES_PER_MIB),
    diskFreeMiB: Math.floor((disk.bavail * disk.bsize) / BYTES_PER_MIB),
    networks,
    acceleration,
    architectures: [...guestKinds.keys()],
    firmwares: firmwaresOfAny(guestKinds),
  };
}
