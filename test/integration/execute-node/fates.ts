import type { Machine } from "../../../sandbox/sandbox.ts";
import { isUp, look, type TestMachine } from "../pool/machines.ts";
import { processesOn } from "../pool/processes.ts";

/**
 * What has come of a machine, in a word where it is one of the two that count: `up` or `ended`.
 *
 * @param startedSince - `up` only counts when its domain was first seen after that; milliseconds since the epoch. What
 * a dead node said lasts in the pool for a while.
 */
export async function fateOf(machine: TestMachine, startedSince: number): Promise<string> {
  const seen = await look(machine);
  if (seen === "gone" || seen.state === "completed") return "ended";
  // Nodes write whole seconds.
  if (isUp(seen) && Date.parse(seen.startedAt) >= startedSince - 1000) return "up";
  return `${seen.state} on ${seen.host || "no node"} since ${seen.startedAt || "never"}: ${seen.message}`;
}

/** The emulator of a machine on a node: the same for as long as its guest lives. */
export async function emulatorPid(node: Machine, machine: TestMachine): Promise<number | undefined> {
  return (await processesOn(node, emulatorOf(machine)))[0]?.pid;
}

/** How the emulator of any machine looks; libvirt also starts some without a guest, to see what they can. */
export const EMULATOR = /qemu-system.* guest=/;

/** How a machine's emulator looks. */
export function emulatorOf({ jobId }: TestMachine): RegExp {
  return new RegExp(`qemu-system.* guest=\\S*_${jobId.replace(".", "\\.")}[, ]`);
}
