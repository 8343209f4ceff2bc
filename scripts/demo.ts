/**
 * `npm run demo`: from a fresh machine to running virtual machines, and `npm run demo -- --destroy` back again.
 * Everything that a step makes is kept, so a second run, or one after an interruption, goes on where it stands.
 */
import { createWriteStream } from "node:fs";
import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { instanceTable } from "../cli/instance.ts";
import { Phases, phase } from "../cli/phases.ts";
import { openContext } from "../provider/context.ts";
import { listInstances } from "../provider/instance/lifecycle.ts";
import { readSettings } from "../provider/settings.ts";
import { down, environment, up } from "../sandbox/cluster.ts";
import { smallGuest } from "../sandbox/guest/small-guest.ts";
import { stateHome } from "../sandbox/paths.ts";
import { pulumiCli } from "../sandbox/pulumi/pulumi-cli.ts";
import { build } from "./build.ts";
import { bundleNode } from "./bundle-node.ts";

const root = join(import.meta.dirname, "..");
const STACK = "demo";

const options = new Command("npm run demo --")
  .description("Makes a sandbox pool, boots the example fleet in it by `pulumi up`, and shows the running machines.")
  .option("--destroy", "take the demo's machines and its pool down again", false)
  .option("--name <name>", "the sandbox's name", "default")
  .option("--nodes <count>", "execute nodes", "1")
  .parse()
  .opts<{ destroy: boolean; name: string; nodes: string }>();

const logFile = join(stateHome(), "demo.log");
const phases = new Phases({ logFile });
const interrupted = new AbortController();
process.on("SIGINT", () => interrupted.abort());

/** Runs a command with its output on the terminal and in the log. */
async function shown(file: string, parameters: string[], env: Record<string, string>): Promise<void> {
  const log = createWriteStream(logFile, { flags: "a" });
  const running = execa(file, parameters, {
    cwd: root,
    env,
    stdin: "inherit",
    stdout: ["inherit", "pipe"],
    stderr: ["inherit", "pipe"],
  });
  running.stdout.pipe(log, { end: false });
  running.stderr.pipe(log, { end: false });
  await running.finally(() => log.end());
}

async function destroy(): Promise<void> {
  // The stack's state lies in the sandbox's own folder and its machines live in its pool: both go with it.
  await phase(phases, `Take the sandbox "${options.name}" down`, () => down(options.name));
  await rm(join(root, `Pulumi.${STACK}.yaml`), { force: true });
  console.log("Nothing is left running. Downloads and builds stay in the cache for the next time.");
}

async function demo(): Promise<void> {
  const startedAt = Date.now();
  // Go's compiler needs minutes where there is no Pulumi CLI yet; the pool is made meanwhile.
  const cliPhase = new Phases({ output: process.stderr, logFile });
  const sandbox = await up({
    name: options.name,
    nodes: Number(options.nodes),
    reporter: phases,
    signal: interrupted.signal,
    nodeBundle: await phase(phases, "Bundle the execute node's program", bundleNode),
  });
  const guest = await smallGuest({ reporter: phases });
  const cli = await pulumiCli({ reporter: cliPhase });
  await phase(phases, "Build the package", build);
  const ours = environment(sandbox);
  const env = { ...process.env, ...ours, PATH: [cli, ours.PATH].filter(Boolean).join(":") } as Record<string, string>;
  interrupted.signal.throwIfAborted();
  await phase(phases, "Prepare the stack", async () => {
    await execa("pulumi", ["stack", "select", "--create", STACK], { cwd: root, env });
    await execa("pulumi", ["config", "set", "--stack", STACK, "image", guest], { cwd: root, env });
  });
  phases.start("pulumi up");
  process.stderr.write("\n");
  await phase(phases, "pulumi up", () => shown("pulumi", ["up", "--stack", STACK, "--yes", "--skip-preview"], env));
  const instances = await listInstances(openContext(readSettings({}, env)));
  console.log(`\n${instanceTable(instances)}\n`);
  console.log(`From nothing to here in ${Math.round((Date.now() - startedAt) / 1000)} s; the full log is ${logFile}`);
}

await access(join(root, "Pulumi.yaml"));
await (options.destroy ? destroy() : demo());
