import { inject } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { loadSandbox, type Machine, type Sandbox } from "../../../sandbox/sandbox.ts";

/** The group's sandbox. */
export async function theSandbox(): Promise<Sandbox> {
  const sandbox = await loadSandbox(inject("sandbox"));
  if (sandbox === undefined) throw new Error("The tests' sandbox is gone.");
  return sandbox;
}

/** An execute node of the group's sandbox, by its number from 1. */
export async function executeNode(number: number): Promise<Machine> {
  const node = (await theSandbox()).executeNodes[number - 1];
  if (node === undefined) throw new Error(`The tests' sandbox has no node ${number}.`);
  return node;
}

/** The names of libvirt's domains on all nodes of the group's sandbox. */
export async function allDomains(): Promise<string[]> {
  const { executeNodes } = await theSandbox();
  return (await Promise.all(executeNodes.map(domainsOn))).flat();
}

/** The names of libvirt's domains on a node. */
export async function domainsOn(node: Machine): Promise<string[]> {
  return words(await runIn(node, ["virsh", "-c", "qemu:///system", "list", "--all", "--name"]));
}

/** The instance folders on a node, those too that are being made or removed. */
export async function instanceFoldersOn(node: Machine): Promise<string[]> {
  return words(await runIn(node, ["ls", "-A", "/var/lib/condor-cloud/instances"]));
}

/** The images in a node's cache, temporaries too; what the node knows about each stands beside it, as JSON. */
export async function cachedImagesOn(node: Machine): Promise<string[]> {
  const names = words(await runIn(node, ["ls", "-A", "/var/lib/condor-cloud/cache"]));
  return names.filter((name) => !name.endsWith(".json"));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
