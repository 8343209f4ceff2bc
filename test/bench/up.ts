import { join } from "node:path";
import { execa } from "execa";
import { table } from "../../cli/table.ts";
import { listInstances } from "../../provider/instance/list.ts";
import { step } from "../../sandbox/actions/action.ts";
import { runIn } from "../../sandbox/machine.ts";
import { pulumiCli } from "../../sandbox/pulumi/pulumi-cli.ts";
import { installPacked } from "../integration/packed.ts";
import { writeProject } from "../integration/project.ts";
import { addGuest, allGone, type Bench, removeMachines, SIZE, submitMachines } from "./bench.ts";
import { spread, until } from "./measure.ts";

/**
 * What `pulumi up` of one machine costs beside the bare `condor_submit` of the same job, in turn. Prints the seconds,
 * and difference and ratio pair by pair.
 */
export async function benchUp(bench: Bench, pairs: number): Promise<void> {
  const { reporter, context, node, folder, guest } = bench;
  const cli = await pulumiCli({ reporter });
  await step(reporter, "Installing the packed package", undefined, () => installPacked(folder));
  const env = { ...bench.env, PATH: `${cli}:${bench.env.PATH}` };
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
  const image = await addGuest(bench);

  const bare = async () => {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    await submitMachines(bench, image, 1);
    const domains = () => runIn(node, ["virsh", "-q", "-c", "qemu:///system", "list", "--name"]);
    await until("the domain", domains, (names) => names.trim() !== "");
    const running = seconds();
    const addresses = async () => (await listInstances(context)).map(({ ipAddress }) => ipAddress);
    await until("the address", addresses, (known) => known.some((each) => each !== ""));
    const address = seconds();
    await removeMachines(bench);
    await allGone(bench);
    return { running, address };
  };

  const byPulumi = async () => {
    await declare({ web: { profile: SIZE } });
    const startedAt = performance.now();
    await pulumiUp();
    const seconds = (performance.now() - startedAt) / 1000;
    await declare({});
    await pulumiUp();
    await allGone(bench);
    return seconds;
  };

  const runs: { running: number; address: number; pulumi: number }[] = [];
  await bare(); // copies the image into the node's cache
  for (let pair = 1; pair <= pairs; pair++) {
    await step(reporter, `Pair ${pair} of ${pairs}`, undefined, async () => {
      runs.push({ ...(await bare()), pulumi: await byPulumi() });
    });
  }
  const row = (what: string, of: (run: (typeof runs)[number]) => number) => spread(what, runs.map(of), 2);
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
}
