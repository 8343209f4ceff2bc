import { CONFIGURATION_FILE } from "../configuration.ts";
import type { CacheDescription } from "./cache-description.ts";
import { SPARE_BYTES, type Space } from "./eviction.ts";
import { Refusal } from "./refusal.ts";

/** Says why an image does not fit into the cache, and what helps. */
export function noRoom(name: string, neededBytes: number, cache: CacheDescription, space: Space): Refusal {
  const needed = cache.images.filter(({ inUse }) => inUse).reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  return new Refusal(
    `This node's image cache has no room for image ${name}: it needs ${mib(neededBytes)}, and ` +
      `${mib(cache.availableBytes)} can be had. The cache may take ${mib(cache.limitBytes)}, of which images that ` +
      `machines need, and copies on their way, take ${mib(needed)}; its disk has ${mib(Math.max(0, space.freeBytes))} free, of which ` +
      `${mib(SPARE_BYTES)} stay free. The job waits for another node, or for a machine here to end. The node's ` +
      `administrator can raise cacheLimitGiB in ${CONFIGURATION_FILE}, or give the cache a larger disk.`,
    { retry: true },
  );
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}
