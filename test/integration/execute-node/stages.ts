import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { DISK_IN_THE_MAKING, holdPreparations, letGo } from "../pool/hold.ts";
import type { TestImage } from "../pool/images.ts";
import { running, type TestMachine, type TestMachines } from "../pool/machines.ts";
import { instanceFoldersOn } from "../pool/nodes.ts";
import { processesOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";

/** How far a machine has come. */
export const STAGES = ["preparing", "starting", "running"] as const;
export type Stage = (typeof STAGES)[number];

/** Three machines of one node, one at each stage. */
export type MachineAt = Readonly<Record<Stage, TestMachine>>;

/** A node that falls silent for so long loses its jobs, in seconds: what HTCondor's five minutes are here. */
const LEASE_SECONDS = 40;

/**
 * Brings three machines to a node: one runs, one is being prepared and stays so until the node's preparations are let
 * go, one is past that and has no domain yet.
 *
 * @param machines - those of the test, to which they are added
 */
export async function machineAtEachStage(node: Machine, image: TestImage, machines: TestMachines): Promise<MachineAt> {
  const options = { only: node, leaseSeconds: LEASE_SECONDS };
  const runs = await machines.submitOne(image, options);
  await running(runs);
  await holdPreparations(node);
  const [starts, prepares] = await machines.submit(image, { ...options, count: 2 });
  if (starts === undefined || prepares === undefined) throw new Error("condor_q does not show both machines.");
  await eventually(
    `the disks of ${starts.jobId} and ${prepares.jobId} on ${node.name} to be in the making`,
    () => processesOn(node, DISK_IN_THE_MAKING),
    (found) => [starts, prepares].every(({ jobId }) => found.some(({ command }) => command.includes(`/${jobId}-`))),
  );
  await letGo(node, starts.jobId);
  await eventually(
    `${starts.jobId} to be prepared on ${node.name}`,
    () => hasRecord(node, starts),
    (has) => has,
  );
  return { running: runs, starting: starts, preparing: prepares };
}

/** Whether the agent is done with preparing a machine: it writes its record last. */
async function hasRecord(node: Machine, { jobId }: TestMachine): Promise<boolean> {
  const folder = (await instanceFoldersOn(node)).find((name) => name.startsWith(`${jobId}-`));
  if (folder === undefined) return false;
  const files = await runIn(node, ["ls", `/var/lib/condor-cloud/instances/${folder}`]).catch(() => "");
  return files.split(/\s+/).includes("machine.json");
}
