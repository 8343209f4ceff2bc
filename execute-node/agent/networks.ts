import { access } from "node:fs/promises";
import type { ResolvedNodeConfiguration } from "../configuration.ts";
import { VIRSH } from "./libvirt.ts";
import { run } from "./run.ts";

/**
 * The names of the configured networks that libvirt or the kernel has now.
 *
 * @throws Error when libvirt does not answer
 */
export async function presentNetworks(configuration: ResolvedNodeConfiguration): Promise<string[]> {
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
