import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { addEmptyImage, type TestImage } from "../pool/images.ts";
import { writeProject } from "../project.ts";
import { PROJECT } from "./trial.ts";

/**
 * One machine, as the stack's environment says. It is ready as soon as it runs: what its guest does is not what is
 * tried here.
 */
const PROGRAM = `
import { CondorInstance } from "pulumi-condor";
const { TRIAL_IMAGE: image, TRIAL_LABEL: label, TRIAL_MORE: more = "{}" } = process.env;
const size = { memoryMiB: 64, vcpus: 1 };
new CondorInstance("web", { image, profile: size, waitFor: "running", labels: { label }, ...JSON.parse(more) });
`;

/** What the stacks of one file of tests share. */
export interface World {
  /** The project's folder. */
  readonly folder: string;
  readonly image: TestImage;
  /** Removes the folder. */
  readonly dispose: () => Promise<void>;
}

/** Writes the project and puts an image into the store that costs no processor time. */
export async function makeWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "condor-cloud-faults-"));
  await writeProject(folder, inject("project"));
  await writeFile(join(folder, "Pulumi.yaml"), `name: ${PROJECT}\nruntime: nodejs\nmain: index.mjs\n`);
  await writeFile(join(folder, "index.mjs"), PROGRAM);
  const image = await addEmptyImage("empty");
  return { folder, image, dispose: () => rm(folder, { recursive: true, force: true }) };
}
