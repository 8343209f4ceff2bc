import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Reporter } from "../../../sandbox/actions/action.ts";
import { down, type Sandbox, up } from "../../../sandbox/cluster.ts";
import { machinePid } from "../../../sandbox/machine.ts";
import { bundleNode } from "../../../scripts/bundle-node.ts";

/** Sandboxes of this run alone, so that two runs do not meet. */
const PREFIX = `test-${process.pid}`;

const used = new Set<string>();
const bundles = join(tmpdir(), `condor-cloud-${PREFIX}-bundles`);

/** A name for a sandbox of this test; {@link removeAll} takes it down. */
export function ownName(suffix: string): string {
  const name = `${PREFIX}-${suffix}`;
  used.add(name);
  return name;
}

/**
 * Brings a sandbox up; what the tests wait for is printed.
 *
 * @param options.nodeBundle - the path of the execute node's program; absent: it is built
 * @param options.onStep - is called as a step begins, beside it; its failure is the call's
 */
export async function bringUp(
  name: string,
  options: {
    nodes?: number;
    onStep?: (title: string) => Promise<void>;
    signal?: AbortSignal;
    nodeBundle?: string;
  } = {},
): Promise<Sandbox> {
  const reactions: Promise<void>[] = [];
  const reporter: Reporter = {
    start(title) {
      console.log(`${name}: ${title}`);
      if (!options.onStep) return;
      const reaction = options.onStep(title);
      reaction.catch(() => {}); // it is awaited below
      reactions.push(reaction);
    },
    say: console.log,
    done() {},
    failed() {},
  };
  const { nodes = 1, signal } = options;
  try {
    return await up({ name, nodes, reporter, signal, nodeBundle: options.nodeBundle ?? (await ownBundle()) });
  } finally {
    await Promise.all(reactions); // what the test itself did wrong is what it should hear of
  }
}

/** The execute node's program; not in dist/, which a group of tests beside this one may be building anew. */
function ownBundle(): Promise<string> {
  return bundleNode(join(bundles, `${used.size}.cjs`));
}

/** Takes everything down that the tests brought up. */
export async function removeAll(): Promise<void> {
  for (const name of used) await down(name);
  await rm(bundles, { recursive: true, force: true });
}

/** The pids of a sandbox's machines on the host. */
export async function machinePids(sandbox: Sandbox): Promise<(number | undefined)[]> {
  return Promise.all(sandbox.machines.map(machinePid));
}

/** Whatever of a sandbox can be seen on this machine; its octet tells its links and routes. */
export async function traces(name: string, octet: number): Promise<string[]> {
  const [namespaces, links, routes, mounts, processes] = await Promise.all([
    output("ip", "netns", "list"),
    output("ip", "-oneline", "link"),
    output("ip", "route", "show", "table", "all"),
    readFile("/proc/self/mounts", "utf8"),
    commandLines(),
  ]);
  return [
    ...linesWith(namespaces, `condor-cloud.${name}.`),
    ...linesWith(links, `condor${octet}@`),
    ...linesWith(routes, `10.${octet}.`),
    ...linesWith(mounts, `/${name}/`),
    ...linesWith(mounts, `.${name}.`),
    ...processes.filter((line) => line.includes(`/${name}/`) || line.includes(`${name}.sandbox.test`)),
  ];
}

function linesWith(text: string, part: string): string[] {
  return text.split("\n").filter((line) => line.includes(part));
}

async function output(command: string, ...args: string[]): Promise<string> {
  return (await execa(command, args)).stdout;
}

async function commandLines(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
}
