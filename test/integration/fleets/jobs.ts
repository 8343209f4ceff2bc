import { decodeText } from "../../../contract/classad.ts";
import { queue } from "../pool/queue.ts";
import type { FleetStack } from "./stack.ts";

/** HTCondor's number for a job that was removed and whose machine may still be ending. */
const REMOVED = 3;

/** A job of a stack's machine, straight from `condor_q`. */
export interface StackJob {
  readonly id: string;
  /** `cluster.proc`. */
  readonly jobId: string;
  readonly clusterId: number;
  /** The machine's name. */
  readonly name: string;
  readonly status: number;
  /** The image's reference. */
  readonly image: string;
  readonly macAddress: string;
  readonly acknowledged: boolean;
  /** How often HTCondor started it: 1 for a machine that nothing happened to. */
  readonly starts: number;
}

/** The machines of a stack that live in the queue and are not on their way out, by name. */
export async function jobsOf({ stack }: Pick<FleetStack, "stack">): Promise<StackJob[]> {
  return (await queue())
    .filter(
      (job) => job.JobStatus !== REMOVED && decodeText(String(job.CloudKey))?.startsWith(`main-job/${stack.name}/`),
    )
    .map((job) => ({
      id: String(job.GlobalJobId),
      jobId: `${job.ClusterId}.${job.ProcId}`,
      clusterId: Number(job.ClusterId),
      name: String(job.CloudName),
      status: Number(job.JobStatus),
      image: String(job.CloudImage),
      macAddress: String(job.JobVM_MACADDR),
      acknowledged: job.CloudAcknowledged === true,
      starts: Number(job.NumShadowStarts ?? 0),
    }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** The ids of a stack's machines by their names; machines that share a name fail. */
export async function idsOf(world: Pick<FleetStack, "stack">): Promise<Record<string, string>> {
  const jobs = await jobsOf(world);
  const ids = Object.fromEntries(jobs.map(({ name, id }) => [name, id]));
  if (Object.keys(ids).length !== jobs.length) throw new Error(`A machine is doubled: ${JSON.stringify(jobs)}`);
  return ids;
}
