/**
 * `npm run demo`: from a fresh machine to running virtual machines, and `npm run demo -- --destroy` back again.
 * Every step leaves alone what is there already, so a second run, or one after an interruption, goes on where it stands.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { ExecaError, execa } from "execa";
import { instanceTable } from "../cli/instance/instance-table.ts";
import { Phases } from "../cli/phases.ts";
import { openContext } from "../provider/context.ts";
import { listInstances } from "../provider/instance/list.ts";
import type { InstanceView } from "../provider/instance/view.ts";
import { readSettings } from "../provider/settings.ts";
import { step } from "../sandbox/actions/action.ts";
import { checkHost } from "../sandbox/actions/preflight.ts";
import { down, environment, type Sandbox, up } from "../sandbox/cluster.ts";
import { SandboxInterruptedError } from "../sandbox/errors.ts";
import { smallGuest } from "../sandbox/guest/small-guest.ts";
import { stateHome } from "../sandbox/paths.ts";
import { checkPulumi, pulumiCli } from "../sandbox/pulumi/pulumi-cli.ts";
import { build } from "./build.ts";
import { bundleNode } from "./bundle-node.ts";

const root = join(import.meta.dirname, "..");
const logFile = join(stateHome(), "demo.log");
const phases = new Phases({ logFile });
const interrupted = new AbortController();
const interrupt = () => interrupted.abort();
process.on("SIGINT", interrupt).on("SIGTERM", interrupt);

const options = new Command("npm run demo --")
  .description("Makes a sandbox pool, boots the example fleet in it by `pulumi up`, and shows the running machines.")
  .option("--destroy", "take the demo's machines and its pool down again", false)
  .option("--name <name>", "the sandbox's name", "default")
  .option("--nodes <count>", "execute nodes", "1")
  .parse()
  .opts<{ destroy: boolean; name: string; nodes: string }>();
/** The settings of a stack lie in this folder; each sandbox's demo has its own. */
const stack = options.name === "default" ? "demo" : `demo-${options.name}`;

async function demo(): Promise<void> {
  const startedAt = Date.now();
  const { signal } = interrupted;
  await step(phases, "Checking what the demo needs", signal, async () => {
    await checkHost({ isNew: false });
    await checkPulumi();
  });
  const nodeBundle = await step(phases, "Bundling the execute node's program", signal, () => bundleNode());
  const sandbox = await up({
    name: options.name,
    nodes: Number(options.nodes),
    reporter: phases,
    signal,
    nodeBundle,
  });
  const guest = await smallGuest({ reporter: phases, signal });
  const cli = await pulumiCli({ reporter: phases, signal });
  await step(phases, "Building the package", signal, build);
  const ours = environment(sandbox);
  const env = { ...ours, PATH: `${cli}:${ours.PATH}` };
  await step(phases, "Preparing the stack", signal, async () => {
    await execa("pulumi", ["stack", "select", "--create", stack], { cwd: root, env });
    await execa("pulumi", ["config", "set", "--stack", stack, "image", guest], { cwd: root, env });
  });
  signal.throwIfAborted();
  await step(phases, "pulumi up", signal, () =>
    shown("pulumi", ["up", "--stack", stack, "--yes", "--skip-preview"], env),
  );
  const settings = readSettings({ commands: sandbox.bin, store: sandbox.store });
  const instances = await listInstances(openContext(settings));
  console.log(`\n${instanceTable(instances)}\n\n${nextSteps(sandbox, instances)}`);
  console.log(`\nDone in ${Math.round((Date.now() - startedAt) / 1000)} s. The full log is ${logFile}`);
}

/** Runs a command with its output on the terminal, above the live line, and in the log. */
async function shown(file: string, parameters: string[], env: Record<string, string>): Promise<void> {
  const command = execa(file, parameters, { cwd: root, env, stdin: "inherit", all: true });
  for await (const line of command.iterable({ from: "all" })) phases.print(line);
}

function nextSteps(sandbox: Sandbox, instances: readonly InstanceView[]): string {
  const name = sandbox.name === "default" ? "" : ` --name ${sandbox.name}`;
  const address = instances.find((instance) => instance.ipAddress !== "")?.ipAddress;
  return `Look closer:
  eval "$(npm run --silent condor-cloud -- sandbox env${name})"   # condor_q, condor_status, pulumi on PATH
  condor_q -allusers${address === undefined ? "" : `\n  curl http://${address}/id`}
  npm run condor-cloud -- instance list
Change the number of machines, and see them made in place:
  pulumi config set count 4 && pulumi up
Take everything down:
  npm run demo -- --destroy${name}`;
}

async function destroy(): Promise<void> {
  // The stack's state lies in the sandbox's own folder and its machines live in its pool: both go with it.
  await down(options.name, { reporter: phases, signal: interrupted.signal });
  await rm(join(root, `Pulumi.${stack}.yaml`), { force: true });
  console.log("Nothing is left running. Downloads and builds stay in the cache for the next time.");
}

/** Which phase failed, the cause in the part's own words, and where to read more. */
function explain(error: unknown): string {
  const during = phases.decisive === "" ? "" : ` during "${phases.decisive}"`;
  if (interrupted.signal.aborted) {
    const what = error instanceof SandboxInterruptedError ? error.message : `Interrupted${during}.`;
    return `${what}\n\`npm run demo\` goes on from here; \`npm run demo -- --destroy\` removes what is there.`;
  }
  const message = error instanceof Error ? error.message : String(error);
  const words = error instanceof ExecaError ? `${error.shortMessage}\n${error.stderr ?? ""}` : message;
  return `The demo failed${during}:\n${words.trim()}\nThe full log is ${logFile}`;
}

try {
  await (options.destroy ? destroy() : demo());
} catch (error) {
  phases.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  console.error(`\n${explain(error)}`);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}
