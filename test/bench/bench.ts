import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import { macAddressOf } from "../../contract/instance-spec.ts";
import { type Context, openContext } from "../../provider/context.ts";
import { submitDescription } from "../../provider/htcondor/submit-description.ts";
import { checkImage } from "../../provider/image/check.ts";
import { createImage } from "../../provider/image/lifecycle.ts";
import { Operation } from "../../provider/operation.ts";
import { readSettings } from "../../provider/settings.ts";
import type { Reporter } from "../../sandbox/actions/action.ts";
import { down, environment, type Sandbox, type SandboxOptions, up } from "../../sandbox/cluster.ts";
import { runIn } from "../../sandbox/machine.ts";
import { stateHome } from "../../sandbox/paths.ts";
import { bundleNode } from "../../scripts/bundle-node.ts";
import { type Guest, guestDisk } from "./guest.ts";
import { until } from "./until.ts";

/** The smallest machine that the guests boot in. */
export const SIZE = { memoryMiB: 128, vcpus: 1 };

/** What a section of the bench works with: a sandbox pool of this run's own. */
export interface Bench {
  readonly reporter: Reporter;
  /** Raised by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly context: Context;
  readonly sandbox: Sandbox;
  /** For HTCondor's client commands. */
  readonly env: Record<string, string>;
  /** The disk that the machines boot from. */
  readonly disk: string;
  /** A folder on the disk that the sandbox's own files lie on. */
  readonly folder: string;
}

/** Makes the pool, lets the sections work, and removes everything, whatever happens. */
export async function withBench(
  options: Pick<SandboxOptions, "name" | "nodes" | "reporter"> & Pick<Bench, "signal"> & { readonly guest: Guest },
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  const { name, nodes, reporter, signal, guest } = options;
  await mkdir(stateHome(), { recursive: true });
  const folder = await mkdtemp(join(stateHome(), "bench-"));
  try {
    const nodeBundle = await bundleNode(join(folder, "execute-node.cjs"));
    const sandbox = await up({ name, nodes, reporter, signal, nodeBundle });
    const disk = await guestDisk(guest, folder, reporter);
    const context = openContext(readSettings({ commands: sandbox.bin, store: sandbox.store }));
    await body({ reporter, signal, context, sandbox, env: environment(sandbox), disk, folder });
  } finally {
    await down(name);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts the guest into the store. @returns its reference */
export async function addGuest({ context, disk }: Bench): Promise<string> {
  const given = { resourceUrn: "urn:pulumi:bench::bench::condor:Image::guest", source: disk };
  const { inputs, failures } = await checkImage(given, new Set(), context, {}, new Operation());
  if (failures.length > 0) throw new Error(`The image is refused: ${JSON.stringify(failures)}`);
  return (await createImage(inputs, context, new Operation())).id;
}

/** The submit description of machines of an image, as the provider writes it. */
export async function describeMachines({ context }: Bench, image: string, count: number): Promise<string> {
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
  return submitDescription(jobs);
}

/** Submits what {@link describeMachines} describes, in one submission. */
export async function submit({ env, signal }: Bench, description: string): Promise<void> {
  await execa("condor_submit", ["-terse", "-"], { env, input: description, cancelSignal: signal });
}

/** Has all machines removed by one command. They leave the queue when they have ended, up to 40 s after they started. */
export async function removeMachines({ env, signal }: Bench): Promise<void> {
  await execa("condor_rm", ["-constraint", "true"], { env, cancelSignal: signal });
}

/** Waits until the queue is empty. */
export async function allGone({ env, signal }: Bench): Promise<void> {
  const queued = async () => (await execa("condor_q", ["-allusers", "-af", "ClusterId"], { env })).stdout;
  await until("the queue to be empty", queued, (jobs) => jobs.trim() === "", { seconds: 300, signal });
}

/** Waits until so many domains run on all nodes. */
export async function domainsRun({ sandbox, signal }: Bench, count: number): Promise<void> {
  const virsh = ["virsh", "-q", "-c", "qemu:///system", "list", "--name", "--state-running"];
  const list = async () => {
    const names = await Promise.all(sandbox.executeNodes.map((node) => runIn(node, virsh)));
    return names
      .join("\n")
      .split("\n")
      .filter((name) => name !== "").length;
  };
  await until(`${count} domains`, list, (seen) => seen >= count, { seconds: 300, signal });
}
