import { execa } from "execa";
import { step } from "../../sandbox/actions/action.ts";
import type { Machine, Sandbox } from "../../sandbox/cluster.ts";
import { runIn } from "../../sandbox/machine.ts";
import { allGone, type Bench, describeMachines, domainsRun, removeMachines, submit } from "./bench.ts";
import { compareCopies } from "./copies.ts";
import type { NodeFigure, Results } from "./results.ts";
import { until } from "./until.ts";

/** How many machines are prepared one after the other, and how many run at once. */
const IN_A_ROW = 12;
const AT_ONCE = 24;

/** What an execute node's agent takes: to prepare a machine, to copy an image, and of the node's memory. */
export async function benchNode(bench: Bench, image: string, runs: number, results: Results): Promise<void> {
  const { reporter, signal } = bench;
  const copies = await step(reporter, "Copying 2 GiB", signal, () => compareCopies(bench.folder, runs));
  await step(reporter, `Room for ${AT_ONCE} machines`, signal, () => offerProcessors(bench));
  const one = await step(reporter, "One machine", signal, async () => {
    await prepare(bench, image, 1); // copies the image into the node's cache
    await domainsRun(bench, 1);
    return agentMemory(bench);
  });
  const inARow = await step(reporter, `${IN_A_ROW} machines in a row`, signal, async () => {
    const milliseconds: number[] = [];
    for (let count = 0; count < IN_A_ROW; count++) {
      await removeMachines(bench);
      milliseconds.push(...(await prepare(bench, image, 1)));
    }
    await removeMachines(bench);
    await allGone(bench);
    return milliseconds;
  });
  const atOnce = await step(reporter, `${AT_ONCE} machines at once`, signal, () => prepare(bench, image, AT_ONCE));
  const many = await step(reporter, `${AT_ONCE} domains`, signal, async () => {
    await domainsRun(bench, AT_ONCE);
    return agentMemory(bench);
  });
  await step(reporter, "The end of all", signal, async () => {
    await removeMachines(bench);
    await allGone(bench);
  });

  results.node = {
    machines: AT_ONCE,
    prepareAloneMs: inARow,
    prepareAtOnceMs: atOnce,
    copySeconds: copies.map(({ copy }) => copy),
    cpSeconds: copies.map(({ cp }) => cp),
    sha256sumSeconds: copies.map(({ sha256sum }) => sha256sum),
    memoryWithOne: one,
    memoryWithAll: many,
  };
}

/** Submits machines and waits until the agent has prepared them. @returns the milliseconds by the agent's own clock */
async function prepare(bench: Bench, image: string, count: number): Promise<number[]> {
  const before = (await preparedSoFar(bench)).length;
  await submit(bench, await describeMachines(bench, image, count));
  const isDone = (all: readonly number[]) => all.length >= before + count;
  return (
    await until(`${count} machines to be prepared`, () => preparedSoFar(bench), isDone, { signal: bench.signal })
  ).slice(before);
}

/** The times that the agent's log tells, in milliseconds. */
async function preparedSoFar({ sandbox }: Bench): Promise<number[]> {
  const log = await runIn(nodeOf(sandbox), ["cat", "/var/lib/condor-cloud/log/agent.log"]);
  return [...log.matchAll(/ prepared \S+ in (\d+) ms$/gm)].map(([, milliseconds]) => Number(milliseconds));
}

/** Resident, and resident with shared pages divided by those who share them. */
async function agentMemory({ sandbox }: Bench): Promise<NodeFigure["memoryWithOne"]> {
  const node = nodeOf(sandbox);
  const pid = (await runIn(node, ["pgrep", "--newest", "--full", "--exact", ".*/condor-cloud-node.cjs agent"])).trim();
  const rollup = await runIn(node, ["cat", `/proc/${pid}/smaps_rollup`]);
  const mib = (name: string) => Number(rollup.match(new RegExp(`^${name}: +(\\d+) kB$`, "m"))?.[1]) / 1024;
  return { rssMiB: mib("Rss"), pssMiB: mib("Pss") };
}

/** The sandbox's node offers fewer processors than the machines at once want. */
async function offerProcessors({ sandbox, env, signal }: Bench): Promise<void> {
  const node = nodeOf(sandbox);
  const file = "/etc/condor/config.d/99-bench.config";
  await runIn(node, ["sh", "-c", 'echo "NUM_CPUS = $1" > "$2"', "sh", String(AT_ONCE), file]);
  await runIn(node, ["condor_restart", "-startd"]);
  const offered = async () =>
    (await execa("condor_status", ["-af", "TotalCpus", "HasVM", "CloudHeartbeat"], { env })).stdout;
  await until(
    `${AT_ONCE} processors`,
    offered,
    (seen) => /^[0-9.]+ true [0-9]+$/.test(seen) && Number.parseFloat(seen) >= AT_ONCE,
    { signal },
  );
}

function nodeOf({ executeNodes: [node] }: Sandbox): Machine {
  if (node === undefined) throw new Error("The sandbox has no execute node.");
  return node;
}
