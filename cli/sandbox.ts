import { resolve } from "node:path";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import type { Reporter } from "../sandbox/actions/action.ts";
import {
  down,
  environment,
  execIn,
  exportLogs,
  listSandboxes,
  type Sandbox,
  type SandboxStatus,
  status,
  up,
} from "../sandbox/cluster.ts";
import { SandboxError } from "../sandbox/errors.ts";
import { loadSandbox, MAX_NODES } from "../sandbox/sandbox.ts";
import { shellQuote } from "../sandbox/shell-quote.ts";
import { nodeBundle } from "./node-bundle.ts";
import { Phases } from "./phases.ts";
import { guestCommand } from "./sandbox/guest.ts";

const DEFAULT_NAME = "default";

interface Named {
  readonly name: string;
}

/** `condor-cloud sandbox …`: a disposable pool on this machine. */
export function sandboxCommand(): Command {
  const command = new Command("sandbox")
    .description("A real HTCondor pool on this machine, to try and to test with")
    .enablePositionalOptions(); // what follows the machine of `exec` belongs to the command run there
  const withName = (name: string) => command.command(name).option("-n, --name <name>", "the sandbox", DEFAULT_NAME);

  withName("up")
    .description("Make a sandbox, or heal it; what runs already is left alone")
    .option("--nodes <count>", `execute nodes, 1 to ${MAX_NODES}`, parseCount, 1)
    .option("--retain", "leave a sandbox that fails to come up as it is", false)
    .action(async ({ name, nodes, retain }: Named & { nodes: number; retain: boolean }) => {
      const sandbox = await interruptible((reporter, signal) =>
        up({ name, nodes, retain, reporter, signal, nodeBundle: nodeBundle() }),
      );
      console.log(`Sandbox ${name} is up. Use it: eval "$(condor-cloud sandbox env --name ${sandbox.name})"`);
    });

  withName("down")
    .description("Remove a sandbox with all that it holds: queue, images, Pulumi's state")
    .action(({ name }: Named) => interruptible((reporter, signal) => down(name, { reporter, signal })));

  withName("status")
    .description("Show how a sandbox does; exit status 1 when it is not up")
    .option("--json", "for programs", false)
    .action(async ({ name, json }: Named & { json: boolean }) => {
      const shown = await status(name);
      if (!shown) throw noSandbox(name);
      console.log(json ? JSON.stringify(shown, undefined, 2) : describe(shown));
      if (shown.state !== "up") process.exitCode = 1;
    });

  command
    .command("list")
    .description("List all sandboxes")
    .option("--json", "for programs", false)
    .action(async ({ json }: { json: boolean }) => {
      const all = await listSandboxes();
      if (json) return console.log(JSON.stringify(all, undefined, 2));
      const table = new Table({ head: ["name", "state", "nodes", "network"], style: { head: [], border: [] } });
      table.push(...all.map(({ name, state, machines, network }) => [name, state, machines.length - 1, network]));
      return console.log(all.length === 0 ? "There is no sandbox." : table.toString());
    });

  withName("exec")
    .description("Run a command inside a machine of a sandbox: cm, exec1, …")
    .argument("<node>", "the machine")
    .argument("<command...>", "the command; put -- before it")
    .option("-u, --user <user>", "as this account of the machine", "root")
    .passThroughOptions()
    .action(async (node: string, words: string[], { name, user }: Named & { user: string }) => {
      process.exitCode = await execIn(await require(name), node, words[0] === "--" ? words.slice(1) : words, { user });
    });
  withName("env")
    .description('Print what to export to use a sandbox: eval "$(condor-cloud sandbox env)"')
    .action(async ({ name }: Named) => {
      for (const [variable, value] of Object.entries(environment(await require(name)))) {
        console.log(`export ${variable}=${shellQuote(value)}`);
      }
    });

  withName("logs")
    .description("Copy all logs of a sandbox, and its configuration, into a folder")
    .argument("<folder>", "is made when it is not there")
    .action(async (folder: string, { name }: Named) => {
      await exportLogs(await require(name), resolve(folder));
      console.log(`The logs of sandbox ${name} are in ${resolve(folder)}`);
    });

  return command.addCommand(guestCommand());
}

/** Runs something on the terminal; the first Ctrl-C asks it to stop and undo. */
async function interruptible<T>(body: (reporter: Reporter, signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  // Not `once`: execa's own handler ends the process at once where it finds no other that stays.
  // And they stay to the end, so that one Ctrl-C too many does not make a failure of what is done.
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return body(new Phases(), controller.signal);
}

async function require(name: string): Promise<Sandbox> {
  const sandbox = await loadSandbox(name);
  if (!sandbox) throw noSandbox(name);
  return sandbox;
}

function noSandbox(name: string): SandboxError {
  return new SandboxError({
    what: `There is no sandbox "${name}".`,
    remedy: `Make it: condor-cloud sandbox up --name ${name}`,
  });
}

function describe({ name, state, network, folder, machines }: SandboxStatus): string {
  const table = new Table({
    head: ["machine", "address", "runs", "virtual machines", "agent heard"],
    style: { head: [], border: [] },
  });
  for (const machine of machines) {
    const able = machine.canRunMachines === true ? "yes" : (machine.offlineReason ?? "no");
    const heard = agentHeard(machine.heartbeat);
    const own = machine.role === "execute" ? [able, heard] : ["", ""];
    table.push([machine.name, machine.address, machine.running ? "yes" : "no", ...own]);
  }
  return `Sandbox ${name} is ${state}; network ${network}, folder ${folder}\n${table.toString()}`;
}

/** @param heartbeat - Unix time in seconds; an agent that is out of order, such as without libvirt, says 0 */
function agentHeard(heartbeat: number | undefined): string {
  if (heartbeat === undefined) return "never";
  return heartbeat === 0 ? "out of order" : `${Math.round(Date.now() / 1000 - heartbeat)} s ago`;
}

function parseCount(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
