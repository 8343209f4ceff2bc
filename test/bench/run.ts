/**
 * `npm run bench`: what `pulumi up` of one machine costs beside the bare `condor_submit` of the same job, in turn, on
 * one sandbox pool of this run's own. Prints medians, and the difference and ratio pair by pair.
 *
 *     npm run bench                3 pairs
 *     npm run bench -- --pairs 5
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { execa } from "execa";
import { Phases } from "../../cli/phases.ts";
import { table } from "../../cli/table.ts";
import { macAddressOf } from "../../contract/instance-spec.ts";
import { openContext } from "../../provider/context.ts";
import { submitDescription } from "../../provider/htcondor/submit-description.ts";
import { listInstances } from "../../provider/instance/list.ts";
import { readSettings } from "../../provider/settings.ts";
import { step } from "../../sandbox/actions/action.ts";
import { down, environment, up } from "../../sandbox/cluster.ts";
import { smallGuest } from "../../sandbox/guest/small-guest.ts";
import { runIn } from "../../sandbox/machine.ts";
import { pulumiCli } from "../../sandbox/pulumi/pulumi-cli.ts";
import { bundleNode } from "../../scripts/bundle-node.ts";
import { installPacked } from "../integration/packed.ts";
import { writeProject } from "../integration/project.ts";

const { pairs } = new Command("npm run bench --")
  .option("--pairs <count>", "how often", "3")
  .parse()
  .opts<{ pairs: string }>();

const SIZE = { memoryMiB: 128, vcpus: 1 };
const reporter = new Phases();
const name = `bench-${process.pid}`;
const folder = await mkdtemp(join(tmpdir(), "condor-cloud-bench-"));

/** Asks every 50 ms, so that the asking is not what is measured. */
async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 180_000;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`Waited 180 s for ${what}.`);
    await sleep(50);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

try {
  const cli = await pulumiCli({ reporter });
  const sandbox = await up({ name, nodes: 1, reporter, nodeBundle: await bundleNode() });
  const guest = await smallGuest({ reporter });
  await step(reporter, "Installing the packed package", undefined, () => installPacked(folder));
  const node = sandbox.executeNodes[0];
  if (!node) throw new Error("The sandbox has no execute node.");
  const ours = environment(sandbox);
  const env = { ...ours, PATH: `${cli}:${ours.PATH}` };
  const context = openContext(readSettings({ commands: sandbox.bin, store: sandbox.store }));
  const project = join(folder, "project");
  await writeProject(project, folder);
  const pulumi = (...parameters: string[]) =>
    execa("pulumi", [...parameters, "--stack", "bench"], { cwd: project, env });
  const declare = (machines: object) => pulumi("config", "set", "machines", JSON.stringify(machines));
  const pulumiUp = () => pulumi("up", "--yes", "--skip-preview", "--non-interactive");

  await execa("pulumi", ["stack", "init", "bench"], { cwd: project, env });
  await pulumi("config", "set", "images", JSON.stringify({ guest }));
  await declare({});
  await pulumiUp();
  const [image] = (await context.store?.list()) ?? [];
  if (!image) throw new Error("The image is not in the store.");

  const gone = () => until("the machine to end", async () => (await context.pool.list()).length === 0);
  const domainRuns = async () =>
    (await runIn(node, ["virsh", "-q", "-c", "qemu:///system", "list", "--name"])).trim() !== "";

  const bare = async () => {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    const job = submitDescription([
      {
        key: "bench",
        spec: {
          name: "bare",
          image: `${image.name}@sha256:${image.digest}`,
          profile: "custom",
          size: SIZE,
          network: "default",
          macAddress: macAddressOf(String(startedAt)),
          labels: {},
          gracefulStop: false,
        },
        imageNeeds: { architecture: "x86_64", firmware: "bios", cacheMiB: 300 },
        acknowledged: true,
        deadline: 0,
      },
    ]);
    await execa("condor_submit", ["-terse", "-"], { env, input: job });
    await until("the domain", domainRuns);
    const running = seconds();
    await until("the address", async () =>
      (await listInstances(context)).some((instance) => instance.ipAddress !== ""),
    );
    const address = seconds();
    const [instance] = await listInstances(context);
    if (instance) await context.pool.remove(instance.id);
    await gone();
    return { running, address };
  };

  const byPulumi = async () => {
    await declare({ web: { profile: SIZE } });
    const startedAt = performance.now();
    await pulumiUp();
    const seconds = (performance.now() - startedAt) / 1000;
    await declare({});
    await pulumiUp();
    await gone();
    return seconds;
  };

  const runs: { running: number; address: number; pulumi: number }[] = [];
  await bare(); // copies the image into the node's cache
  for (let pair = 1; pair <= Number(pairs); pair++) {
    await step(reporter, `Pair ${pair} of ${pairs}`, undefined, async () => {
      runs.push({ ...(await bare()), pulumi: await byPulumi() });
    });
  }
  const row = (what: string, of: (run: (typeof runs)[number]) => number) => {
    const values = runs.map(of);
    return [what, ...[Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(2))];
  };
  console.log(
    `\n${table(
      ["ONE MACHINE", "MIN", "MEDIAN", "MAX"],
      [
        row("bare condor_submit to running domain, s", (run) => run.running),
        row("bare condor_submit to known address, s", (run) => run.address),
        row("pulumi up (to known address), s", (run) => run.pulumi),
        row("pulumi up - bare to address, s", (run) => run.pulumi - run.address),
        row("pulumi up / bare to address", (run) => run.pulumi / run.address),
      ],
    )}`,
  );
} finally {
  await down(name);
  await rm(folder, { recursive: true, force: true });
}
