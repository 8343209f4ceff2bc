import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BUNDLE_FILE, PROGRAM_FOLDER } from "../../../execute-node/install/configuration.ts";
import { readToken } from "../../../sandbox/actions/token.ts";
import { runIn, startMachine, stopMachine } from "../../../sandbox/machine.ts";
import { machineFiles } from "../../../sandbox/machine-files.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import type { TestMachine } from "../pool/machines.ts";
import { theSandbox } from "../pool/nodes.ts";
import { killOn, type NodeProcess, processesOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";
import { emulatorPid } from "./fates.ts";
import { DISK_IN_THE_MAKING } from "./hold.ts";
import { agentOf } from "./node.ts";
import type { Stage } from "./stages.ts";

/** What is to come of a machine whose node lost something. */
export type Fate = "goes on" | "runs again" | "ends";

/** Something of a node that dies. */
export interface Victim {
  readonly name: string;
  readonly fates: Readonly<Record<Stage, Fate>>;
  /** Waits for more of the machine that starts than that it is prepared, where the victim comes into being later. */
  readonly untilStarted?: (node: Machine, machine: TestMachine) => Promise<unknown>;
  /** Kills it, and does what a real node's own supervision (systemd, power) does then. */
  readonly kill: (node: Machine) => Promise<void>;
}

const RESTARTS: Victim["fates"] = {
  preparing: "runs again",
  starting: "runs again",
  running: "runs again",
};

/** The six that a node lives by. */
export const VICTIMS: readonly Victim[] = [
  {
    name: "agent",
    fates: { ...RESTARTS, running: "goes on" },
    kill: async (node) => killOn(node, [await agentOf(node)]),
  },
  { name: "starter", fates: RESTARTS, kill: (node) => killAll(node, /^condor_starter/) },
  {
    name: "QEMU",
    fates: { ...RESTARTS, running: "ends" },
    untilStarted: (node, machine) =>
      eventually(
        `QEMU of ${machine.jobId} on ${node.name}`,
        () => emulatorPid(node, machine),
        (pid) => pid !== undefined,
      ),
    // Before there is a guest, QEMU is the program that makes its disk.
    kill: async (node) => {
      const [emulators, disks] = await Promise.all([
        processesOn(node, /qemu-system.* guest=/),
        processesOn(node, DISK_IN_THE_MAKING),
      ]);
      await killOn(node, [...emulators, ...disks]);
    },
  },
  {
    name: "libvirtd",
    fates: { ...RESTARTS, running: "goes on" },
    kill: async (node) => {
      await killAll(node, /^libvirtd/);
      // systemd has it back at once (libvirtd.service, Restart=on-failure).
      await runIn(node, ["libvirtd", "-d"]);
    },
  },
  { name: "startd", fates: RESTARTS, kill: (node) => killAll(node, /^condor_startd/) },
  {
    name: "whole node",
    fates: RESTARTS,
    kill: powerCycle,
  },
];

async function killAll(node: Machine, form: RegExp): Promise<void> {
  const found: NodeProcess[] = await processesOn(node, form);
  if (found.length === 0) throw new Error(`${node.name} has no process of the form ${form}.`);
  await killOn(node, found);
}

/** Ends a node without a word and starts it again, with the programs that it had. */
async function powerCycle(node: Machine): Promise<void> {
  const sandbox = await theSandbox();
  const bundle = await readFile(join(node.folder, "upper", PROGRAM_FOLDER, BUNDLE_FILE), "utf8");
  await stopMachine(node);
  await startMachine(sandbox, node, machineFiles(sandbox, node, bundle), await readToken(sandbox));
}
