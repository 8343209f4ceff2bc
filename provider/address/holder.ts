import type { MacHolder } from "../htcondor/holders.ts";
import { JOB_STATUS } from "../htcondor/jobs.ts";
import { hostOf } from "../htcondor/slots.ts";

/** Of so many holders each is told. */
const TOLD_MAX = 10;

/** A job as people name it: `job 12.0 (web) of alice on exec1`, what it does where that is not plain. */
export function holderText(holder: MacHolder): string {
  const { clusterId, procId, name, owner, slot, status } = holder;
  const host = hostOf(slot);
  return [
    `job ${clusterId}.${procId}`,
    ...(name === "" ? [] : [`(${name})`]),
    `of ${owner === "" ? "an unknown account" : owner}`,
    ...(host === "" ? [] : [`on ${host}`]),
    ...stateText(status),
  ].join(" ");
}

function stateText(status: number): string[] {
  if (status === JOB_STATUS.idle) return ["in the queue"];
  if (status === JOB_STATUS.held) return ["held"];
  return status === JOB_STATUS.removed ? ["being removed"] : [];
}

/** Several as lines, not any number of them. */
export function shortened(lines: readonly string[]): string[] {
  const more = lines.length - TOLD_MAX;
  return more > 0 ? [...lines.slice(0, TOLD_MAX), `and ${more} more`] : [...lines];
}

/** The first of the jobs that holds a MAC address; undefined where none does. */
export function holderOf(macAddress: string, holders: readonly MacHolder[]): MacHolder | undefined {
  return holders.filter(({ macAddresses }) => macAddresses.includes(macAddress)).sort(byPrecedence)[0];
}

/** Which of two jobs with one MAC address has it: the one that runs, else the one that came first. */
export function byPrecedence(one: MacHolder, other: MacHolder): number {
  return (
    Number(isRunning(other)) - Number(isRunning(one)) ||
    one.queuedAt - other.queuedAt ||
    one.clusterId - other.clusterId ||
    one.procId - other.procId ||
    (one.globalJobId < other.globalJobId ? -1 : 1)
  );
}

/** Whether a machine of it may run: one that is being removed runs until it has left its slot. */
function isRunning({ slot }: MacHolder): boolean {
  return slot !== "";
}
