import { userInfo } from "node:os";
import { performance } from "node:perf_hooks";
import { Command, Option } from "commander";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { WatchdogAction } from "../../contract/instance-spec.ts";
import { OnEviction, Spread } from "../../contract/placement.ts";
import { type Context, openContext } from "../../provider/context.ts";
import { checkInstanceInPool } from "../../provider/instance/fit.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "../../provider/instance/inputs.ts";
import { createInstance } from "../../provider/instance/lifecycle.ts";
import { Operation } from "../../provider/operation.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask, tell } from "../ask.ts";
import { interruptible } from "../interruption.ts";
import { addLabel, parseCount, parseWhole, refuse } from "../options.ts";
import { Phases } from "../phases.ts";
import { launchFailure } from "./launch-failure.ts";
import { addFile, type LaunchOptions, launchInputs, OPTION_NAMES, parseWaitFor } from "./launch-inputs.ts";
import { showMachine } from "./show.ts";

type Options = LaunchOptions & { readonly json: boolean };

/** `condor-cloud instance launch` */
export function launchCommand(): Command {
  return new Command("launch")
    .description("Makes a machine as Pulumi does, and waits for it.")
    .addHelpText("after", "\nA launch that was killed goes on where it was when it is run again.")
    .argument("<image>", "the name or the reference of an image in the store")
    .option("--name <name>", "the machine's name, a DNS label; default: the image's")
    .option("--profile <name>", "its size: small, medium, large or one of yours; default: small")
    .option("--memory <MiB>", "memory, in place of the profile's", parseCount)
    .option("--vcpus <count>", "processors, in place of the profile's", parseCount)
    .option("--disk <GiB>", "disk, in place of the profile's or the image's", parseCount)
    .option("--label <key=value>", "free text for people and programs; may be given again", addLabel)
    .option("--lease <duration>", 'HTCondor removes it after so long, such as "90m" or "4h"; default: never')
    .option("--network <name>", "one of those that nodes offer; default: default")
    .option("--address <ip>", "a fixed address of the address pool, or auto")
    .option("--mac-address <mac>", "default: derived from your account and the name")
    .option("--hostname <name>", "the guest's host name; default: the machine's name")
    .option("--user-data <file>", "cloud-init's user data")
    .option("--network-config <file>", "cloud-init's network configuration")
    .option("--ssh-key <file>", "public keys of who may log in; may be given again", addFile)
    .addOption(new Option("--watchdog <action>", "what happens when its guest hangs").choices(WatchdogAction.options))
    .option("--graceful-stop", "its guest may power itself off when it is removed")
    .option("--requirements <expression>", "what a node must be, in HTCondor's ClassAd language")
    .option("--rank <expression>", "which node is preferred: the greater, the better")
    .addOption(new Option("--spread <how>", "prefer nodes with fewer or with more machines").choices(Spread.options))
    .option("--accounting-group <name>", "on whose share of the pool it counts")
    .option("--priority <number>", "which of your own machines start first: the greater, the sooner", parseWhole)
    .addOption(new Option("--on-eviction <what>", "when it loses its node").choices(OnEviction.options))
    .option(
      "--wait-for <what>",
      "submitted, running, address, guest-agent, cloud-init or tcp:PORT; default: address",
      parseWaitFor,
    )
    .option("--timeout <seconds>", "how long to wait for that", parseCount, DEFAULT_TIMEOUT_SECONDS)
    .option("--max-queue <seconds>", "how long it may queue before it is left to", parseCount)
    .option("--json", "print JSON for programs", false)
    .action(async (image: string, options: Options) => {
      const context = openContext(readSettings());
      const phases = new Phases();
      const launched = await interruptible((signal) => launch(image, options, context, phases, signal));
      if (options.json) {
        const machine = await ask("the machine", () => showMachine(launched.id, context));
        console.log(JSON.stringify({ ...machine, ...passwordOf(launched.outputs) }, null, 2));
      } else console.log(launchedLine(launched));
    });
}

interface Launched {
  readonly id: string;
  readonly outputs: Record<string, unknown>;
}

async function launch(
  image: string,
  options: Options,
  context: Context,
  phases: Phases,
  signal: AbortSignal,
): Promise<Launched> {
  const given = await launchInputs(image, accountName(), options, context.settings.profiles);
  const title = `The machine ${given.name}`;
  const progress = (message: string) => {
    if (message !== "") phases.say(message);
  };
  const operation = new Operation({ timeoutSeconds: options.timeout, signal, progress, warn: tell });
  const { inputs, failures } = await checkInstanceInPool(given, new Set(), context, {}, operation);
  refuse(`The machine ${given.name} was not launched.`, failures, OPTION_NAMES);
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  phases.start(title);
  try {
    const launched = await createInstance(inputs, context, operation);
    phases.done(title, seconds());
    return launched;
  } catch (error) {
    phases.failed(title, seconds(), error);
    throw await launchFailure(error, String(given.name), context);
  }
}

/** Whose machines these are, for the person themselves: HTCondor goes by the account as which it knows them. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown"); // An account without a name, as in some containers.
  }
}

/** The console's password is told once, here: nobody keeps it. */
function passwordOf({ vncPassword }: Record<string, unknown>): { vncPassword?: string } {
  return typeof vncPassword === "string" && vncPassword !== "" ? { vncPassword } : {};
}

/** What `instance launch` prints of a machine. */
export function launchedLine({ id, outputs }: Launched): string {
  const { name, state, host, ipAddress, vncAddress, ready } = outputs;
  const where = host ? ` on ${host}` : "";
  const address = ipAddress ? ` with the address ${ipAddress}` : "";
  const goesOn = ready === false ? " It was left to queue." : "";
  const { vncPassword } = passwordOf(outputs);
  const console = vncPassword === undefined ? "" : `\nVNC console: ${vncAddress}, password ${vncPassword}`;
  return `${name} (${jobIdOf(id)}) is ${state}${where}${address}.${goesOn}${console}`;
}
