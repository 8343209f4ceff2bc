import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The tests' program: plain JavaScript, so that no compiler's seconds are in what is tested or measured. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { CondorImage, CondorInstance, getImagesOutput, getInstancesOutput, getNodesOutput } from "pulumi-condor";
const config = new pulumi.Config();
export const images = {};
for (const [name, source] of Object.entries(config.getObject("images") ?? {})) {
  images[name] = new CondorImage(name, typeof source === "string" ? { source } : source);
}
export const machines = {};
for (const [name, args] of Object.entries(config.getObject("machines") ?? {})) {
  machines[name] = new CondorInstance(name, { image: images.guest?.reference, ...args });
}
export const others = {};
for (const [name, id] of Object.entries(config.getObject("others") ?? {})) others[name] = CondorInstance.get(name, id);
const labels = config.getObject("labels");
export const found = labels
  ? { instances: getInstancesOutput({ labels: pulumi.output(labels) }), images: getImagesOutput(), nodes: getNodesOutput() }
  : {};
`;

/**
 * Writes a Pulumi project that declares the images and machines of its stack's configuration.
 *
 * @param installed - the folder in which the packed package is installed
 */
export async function writeProject(folder: string, installed: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(join(installed, "package.json"), join(folder, "package.json"));
  await symlink(join(installed, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "Pulumi.yaml"), "name: main-job\nruntime: nodejs\nmain: index.mjs\n");
  await writeFile(join(folder, "index.mjs"), PROGRAM);
}
