import { interfacesOf } from "../../contract/interfaces.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import type { MacHolder } from "../htcondor/holders.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import { holderOf, holderText } from "./holder.ts";

/** Another job that has, or would have first, a MAC address of a job. */
export interface Rival {
  readonly holder: MacHolder;
  /** The interface's name. */
  readonly name: string;
  readonly macAddress: string;
  /** The fixed address that belongs to it; undefined: none. */
  readonly address: string | undefined;
}

/** Whoever goes before a job in having one of its MAC addresses; undefined where nobody does. */
export async function rivalOf(job: QueueJob, context: Context): Promise<Rival | undefined> {
  const spec = job.cloud?.job.spec;
  if (spec === undefined) return undefined;
  const holders = await context.pool.holders(job.globalJobId);
  for (const [name, { macAddress, address }] of interfacesOf(spec)) {
    const holder = holderOf(macAddress, holders);
    if (holder !== undefined && holder.globalJobId !== job.globalJobId) return { holder, name, macAddress, address };
  }
  return undefined;
}

/** Who holds an address that a queueing machine is to have, for a line of progress; undefined where nobody is known to. */
export async function whoHolds(job: QueueJob, context: Context): Promise<string | undefined> {
  if (job.cloud?.job.exclusive !== true) return undefined;
  try {
    const rival = await rivalOf(job, context);
    return rival && `${rival.address ?? rival.macAddress} is held by ${holderText(rival.holder)}`;
  } catch (error) {
    // It only explains a wait, which asks the pool by itself.
    if (error instanceof CloudError) return undefined;
    throw error;
  }
}
