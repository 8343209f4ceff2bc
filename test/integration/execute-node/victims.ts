import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BUNDLE_FILE, PROGRAM_FOLDER } from "../../../execute-node/install/configuration.ts";
import { readToken } from "../../../sandbox/actions/token.ts";
import { runIn, startMachine, stopMachine } from "../../../sandbox/machine.ts";
import { machineFiles } from "../../../sandbox/machine-files.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { DISK_IN_THE_MAKING, letAllGo } from "../pool/hold.ts";
import { theSandbox } from "../pool/nodes.ts";
import { killOn, type NodeProcess, processesOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";
import { EMULATOR, emulatorOf, emulatorPid } from "./fates.ts";
import { agentOf } from "./node.ts";
import type { MachineAt, Stage } from "./stages.ts";

/**
 * What is to come of a machine whose node lost something. Once vm-gahp has heard that a domain runs, HTCondor takes the
 * death of its emulator for a power-off; which of the two comes first at a start is a matter of milliseconds.
 */
export type Fate = "goes on" | "runs again" | "ends" | "runs again or ends";

/** Something of a node that dies. */
export interface Victim {
  readonly name: string;
  readonly fates: Readonly<Record<Stage, Fate>>;
  /** Whether it is tried without `--full`, too: what only HTCondor itself heals is not. */
  readonly isTriedDaily: boolean;
  /** Kills it, and does what a real node's own supervision (systemd, power) does then. */
  readonly kill: (node: Machine, machines: MachineAt) => Promise<void>;
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
    isTriedDaily: true,
    fates: { ...RESTARTS, running: "goes on" },
    kill: async (node) => killOn(node, [await agentOf(node)]),
  },
  { name: "starter", isTriedDaily: true, fates: RESTARTS, kill: (node) => killAll(node, /^condor_starter/) },
  {
    name: "QEMU",
    isTriedDaily: true,
    fates: { ...RESTARTS, starting: "runs again or ends", running: "ends" },
    kill: killEmulators,
  },
  {
    name: "libvirtd",
    isTriedDaily: true,
    fates: { ...RESTARTS, running: "goes on" },
    kill: async (node) => {
      await killAll(node, /^libvirtd/);
      // systemd has it back at once (libvirtd.service, Restart=on-failure).
      await runIn(node, ["libvirtd", "-d"]);
    },
  },
  { name: "startd", isTriedDaily: false, fates: RESTARTS, kill: (node) => killAll(node, /^condor_startd/) },
  {
    name: "whole node",
    isTriedDaily: false,
    fates: RESTARTS,
    kill: powerCycle,
  },
];

async function killAll(node: Machine, form: RegExp): Promise<void> {
  const found: NodeProcess[] = await processesOn(node, form);
  if (found.length === 0) throw new Error(`${node.name} has no process of the form ${form}.`);
  await killOn(node, found);
}

/**
 * Kills the emulators of those that run and start, and of the one being prepared the program of QEMU's that makes its
 * disk. That one and the running one die first: the starting one has no emulator for some seconds.
 */
async function killEmulators(node: Machine, { starting }: MachineAt): Promise<void> {
  await killOn(node, await processesOn(node, EMULATOR));
  await killOn(node, await processesOn(node, DISK_IN_THE_MAKING));
  await letAllGo(node);
  await eventually(
    `QEMU of ${starting.jobId} on ${node.name}`,
    () => emulatorPid(node, starting),
    (pid) => pid !== undefined,
  );
  await killOn(node, await processesOn(node, emulatorOf(starting)));
}

/** Ends a node without a word and starts it again, with the programs that it had. */
async function powerCycle(node: Machine): Promise<void> {
  const sandbox = await theSandbox();
  const bundle = await readFile(join(node.folder, "upper", PROGRAM_FOLDER, BUNDLE_FILE), "utf8");
  await stopMachine(node);
  await startMachine(sandbox, node, machineFiles(sandbox, node, bundle), await readToken(sandbox));
}
