import { execa } from "execa";
import { table } from "../../cli/table.ts";
import { step } from "../../sandbox/actions/action.ts";
import { runIn } from "../../sandbox/machine.ts";
import { addGuest, allGone, type Bench, removeMachines, submitMachines } from "./bench.ts";
import { compareCopies } from "./copies.ts";
import { median, spread, until } from "./measure.ts";

/** How many machines are prepared one after the other, and how many run at once. */
const IN_A_ROW = 12;
const AT_ONCE = 24;

/** What an execute node's agent takes: to prepare a machine, to copy an image, and of the node's memory. */
export async function benchNode(bench: Bench, pairs: number): Promise<void> {
  const { reporter } = bench;
  const image = await addGuest(bench);
  const copies = await step(reporter, "Copying 2 GiB", undefined, () => compareCopies(bench.folder, pairs));
  await step(reporter, `Room for ${AT_ONCE} machines`, undefined, () => offerProcessors(bench));
  const one = await step(reporter, "One machine", undefined, async () => {
    await prepare(bench, image, 1); // copies the image into the node's cache
    await domains(bench, 1);
    return agentMemory(bench);
  });
  const inARow = await step(reporter, `${IN_A_ROW} machines in a row`, undefined, async () => {
    const milliseconds: number[] = [];
    for (let count = 0; count < IN_A_ROW; count++) {
      await removeMachines(bench);
      milliseconds.push(...(await prepare(bench, image, 1)));
    }
    await removeMachines(bench);
    await allGone(bench);
    return milliseconds;
  });
  const atOnce = await step(reporter, `${AT_ONCE} machines at once`, undefined, () => prepare(bench, image, AT_ONCE));
  const many = await step(reporter, `${AT_ONCE} domains`, undefined, async () => {
    await domains(bench, AT_ONCE);
    return agentMemory(bench);
  });
  await step(reporter, "The end of all", undefined, async () => {
    await removeMachines(bench);
    await allGone(bench);
  });

  const seconds = (what: string, of: (copy: (typeof copies)[number]) => number) => spread(what, copies.map(of), 2);
  console.log(
    `\n${table(
      ["AN EXECUTE NODE", "MIN", "MEDIAN", "MAX"],
      [
        spread("prepare with a cached image, alone, ms", inARow, 0),
        spread(`prepare with a cached image, ${AT_ONCE} at once, ms`, atOnce, 0),
        seconds("copy of 2 GiB into the cache, s", ({ copy }) => copy),
        seconds("cp of 2 GiB, synced, s", ({ cp }) => cp),
        seconds("sha256sum of 2 GiB, s", ({ sha256sum }) => sha256sum),
        seconds("copy / (cp + sha256sum)", ({ copy, cp, sha256sum }) => copy / (cp + sha256sum)),
      ],
    )}\n\n${table(
      ["THE AGENT'S MEMORY", "RSS, MiB", "PSS, MiB"],
      [
        ["with 1 machine", ...memoryColumns(one)],
        [`with ${AT_ONCE} machines`, ...memoryColumns(many)],
        [`${AT_ONCE} machines / 1 machine`, (many.rss / one.rss).toFixed(2), (many.pss / one.pss).toFixed(2)],
      ],
    )}`,
  );
  console.log(`\nAim: prepare under 100 ms (${median(inARow).toFixed(0)}), copy / (cp + sha256sum) at most 1.`);
}

/** Submits machines and waits until the agent has prepared them. @returns the milliseconds by the agent's own clock */
async function prepare(bench: Bench, image: string, count: number): Promise<number[]> {
  const before = (await preparedSoFar(bench)).length;
  await submitMachines(bench, image, count);
  const isDone = (all: readonly number[]) => all.length >= before + count;
  return (await until(`${count} machines to be prepared`, () => preparedSoFar(bench), isDone)).slice(before);
}

/** The times that the agent's log tells, in milliseconds. */
async function preparedSoFar({ node }: Bench): Promise<number[]> {
  const log = await runIn(node, ["cat", "/var/lib/condor-cloud/log/agent.log"]);
  return [...log.matchAll(/ prepared \S+ in (\d+) ms$/gm)].map(([, milliseconds]) => Number(milliseconds));
}

async function domains({ node }: Bench, count: number): Promise<void> {
  const list = async () => {
    const names = await runIn(node, ["virsh", "-q", "-c", "qemu:///system", "list", "--name"]);
    return names.split("\n").filter((name) => name !== "").length;
  };
  await until(`${count} domains`, list, (seen) => seen >= count, 300);
}

interface Memory {
  /** Resident, in MiB. */
  readonly rss: number;
  /** Resident, shared pages divided by those who share them, in MiB. */
  readonly pss: number;
}

async function agentMemory({ node }: Bench): Promise<Memory> {
  const pid = (await runIn(node, ["pgrep", "--newest", "--full", "--exact", ".*/condor-cloud-node.cjs agent"])).trim();
  const rollup = await runIn(node, ["cat", `/proc/${pid}/smaps_rollup`]);
  const mib = (name: string) => Number(rollup.match(new RegExp(`^${name}: +(\\d+) kB$`, "m"))?.[1]) / 1024;
  return { rss: mib("Rss"), pss: mib("Pss") };
}

function memoryColumns({ rss, pss }: Memory): string[] {
  return [rss.toFixed(0), pss.toFixed(0)];
}

/** The sandbox's node offers fewer processors than the machines at once want. */
async function offerProcessors({ node, env }: Bench): Promise<void> {
  const file = "/etc/condor/config.d/99-bench.config";
  await runIn(node, ["sh", "-c", 'echo "NUM_CPUS = $1" > "$2"', "sh", String(AT_ONCE), file]);
  await runIn(node, ["condor_restart", "-startd"]);
  const offered = async () =>
    (await execa("condor_status", ["-af", "TotalCpus", "HasVM", "CloudHeartbeat"], { env })).stdout;
  await until(
    `${AT_ONCE} processors`,
    offered,
    (seen) => /^[0-9.]+ true [0-9]+$/.test(seen) && Number.parseFloat(seen) >= AT_ONCE,
  );
}
