import { access, statfs } from "node:fs/promises";
import type { NodeReport } from "../../contract/node-report.ts";
import type { ResolvedNodeConfiguration } from "../configuration.ts";
import type { ImageCache } from "./cache.ts";
import { VIRSH } from "./libvirt.ts";
import { run } from "./run.ts";

const BYTES_PER_MIB = 1024 ** 2;

/** What the node is like now. Networks that libvirt or the kernel does not have are left out: no job must meet them. */
export async function nodeReport(
  configuration: ResolvedNodeConfiguration,
  cache: ImageCache,
  acceleration: NodeReport["acceleration"],
): Promise<NodeReport> {
  const disk = await statfs(configuration.stateFolder);
  const { usedBytes, availableBytes } = cache.describe();
  return {
    heartbeat: Math.floor(Date.now() / 1000),
    images: cache.digests(),
    cacheUsedMiB: Math.ceil(usedBytes / BYTES_PER_MIB),
    cacheAvailableMiB: Math.floor(availableBytes / BYTES_PER_MIB),
    diskFreeMiB: Math.floor((disk.bavail * disk.bsize) / BYTES_PER_MIB),
    networks: await presentNetworks(configuration),
    acceleration,
    architectures: ["x86_64"],
    firmwares: ["bios"],
    trouble: "",
  };
}

async function presentNetworks(configuration: ResolvedNodeConfiguration): Promise<string[]> {
  // Asked even where all networks are bridges: it also tells whether libvirt answers.
  const active = new Set((await run("virsh", [...VIRSH, "net-list", "--name"])).split("\n"));
  const present: string[] = [];
  for (const [name, network] of Object.entries(configuration.networks)) {
    if ("libvirt" in network ? active.has(network.libvirt) : await hasInterface(network.bridge)) present.push(name);
  }
  return present.sort();
}

async function hasInterface(name: string): Promise<boolean> {
  return access(`/sys/class/net/${name}`).then(
    () => true,
    () => false,
  );
}
