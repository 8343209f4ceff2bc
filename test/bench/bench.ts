import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { Phases } from "../../cli/phases.ts";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import { macAddressOf } from "../../contract/instance-spec.ts";
import { type Context, openContext } from "../../provider/context.ts";
import { submitDescription } from "../../provider/htcondor/submit-description.ts";
import { checkImage } from "../../provider/image/check.ts";
import { createImage } from "../../provider/image/lifecycle.ts";
import { Operation } from "../../provider/operation.ts";
import { readSettings } from "../../provider/settings.ts";
import type { Reporter } from "../../sandbox/actions/action.ts";
import { down, environment, type Machine, up } from "../../sandbox/cluster.ts";
import { smallGuest } from "../../sandbox/guest/small-guest.ts";
import { stateHome } from "../../sandbox/paths.ts";
import { bundleNode } from "../../scripts/bundle-node.ts";
import { until } from "./measure.ts";

/** The smallest machine that the small guest boots in. */
export const SIZE = { memoryMiB: 128, vcpus: 1 };

/** What a section of the bench works with: a sandbox pool of one execute node, of this run's own. */
export interface Bench {
  readonly reporter: Reporter;
  readonly context: Context;
  readonly node: Machine;
  /** For HTCondor's client commands. */
  readonly env: Record<string, string>;
  /** The small guest's disk. */
  readonly guest: string;
  /** A folder on the disk that the sandbox's own files lie on. */
  readonly folder: string;
}

/** Makes the pool, lets the sections work, and removes everything, whatever happens. */
export async function withBench(body: (bench: Bench) => Promise<void>): Promise<void> {
  const name = `bench-${process.pid}`;
  const reporter = new Phases();
  await mkdir(stateHome(), { recursive: true });
  const folder = await mkdtemp(join(stateHome(), "bench-"));
  try {
    const sandbox = await up({ name, nodes: 1, reporter, nodeBundle: await bundleNode() });
    const guest = await smallGuest({ reporter });
    const [node] = sandbox.executeNodes;
    if (node === undefined) throw new Error("The sandbox has no execute node.");
    const context = openContext(readSettings({ commands: sandbox.bin, store: sandbox.store }));
    await body({ reporter, context, node, env: environment(sandbox), guest, folder });
  } finally {
    await down(name);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts the small guest into the store. @returns its reference */
export async function addGuest({ context, guest }: Bench): Promise<string> {
  const given = { resourceUrn: "urn:pulumi:bench::bench::condor:Image::guest", source: guest };
  const { inputs, failures } = await checkImage(given, new Set(), context, {}, new Operation());
  if (failures.length > 0) throw new Error(`The image is refused: ${JSON.stringify(failures)}`);
  return (await createImage(inputs, context, new Operation())).id;
}

/** Submits machines of an image as the provider does, in one submission. */
export async function submitMachines({ context, env }: Bench, image: string, count: number): Promise<void> {
  const { name, digest } = ImageReferenceText.parse(image);
  const manifest = await context.store?.find(name, digest);
  if (manifest === undefined) throw new Error(`Image ${image} is not in the store.`);
  const jobs = Array.from({ length: count }, (_, index) => ({
    key: "bench",
    spec: {
      name: `bare-${index}`,
      image,
      profile: "custom",
      size: SIZE,
      network: "default",
      macAddress: macAddressOf(`${performance.now()}-${index}`),
      labels: {},
      gracefulStop: false,
    },
    imageNeeds: {
      architecture: manifest.architecture,
      firmware: manifest.firmware,
      cacheMiB: Math.ceil(manifest.sizeBytes / 1024 ** 2),
      diskMiB: Math.ceil(manifest.virtualSizeBytes / 1024 ** 2),
    },
    acknowledged: true,
    deadline: 0,
  }));
  await execa("condor_submit", ["-terse", "-"], { env, input: submitDescription(jobs) });
}

/** Removes all machines. They leave the queue when they have ended, up to 40 s after they started. */
export async function removeMachines({ context }: Bench): Promise<void> {
  await Promise.all((await context.pool.list()).map(({ job }) => context.pool.remove(job.globalJobId)));
}

/** Waits until no machine is left. */
export async function allGone({ context }: Bench): Promise<void> {
  await until(
    "the machines to end",
    async () => (await context.pool.list()).length,
    (left) => left === 0,
    300,
  );
}
