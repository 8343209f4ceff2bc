import { GlobalJobId } from "./patterns.ts";

/** A job's number in its schedd's queue. */
export interface JobNumber {
  readonly clusterId: number;
  readonly procId: number;
}

/**
 * The job's number as people and commands use it, `cluster.proc`. Numbers repeat when a pool is rebuilt; the
 * GlobalJobId does not. Throws a ZodError when it is none.
 */
export function jobIdOf(globalJobId: string): string {
  return partsOf(globalJobId)[1];
}

/** The parts of the job's number; throws a ZodError when the GlobalJobId is none. */
export function jobNumberOf(globalJobId: string): JobNumber {
  const [clusterId = 0, procId = 0] = jobIdOf(globalJobId).split(".").map(Number);
  return { clusterId, procId };
}

/** The name of the schedd that the job was submitted to; throws a ZodError when the GlobalJobId is none. */
export function scheddOf(globalJobId: string): string {
  return partsOf(globalJobId)[0];
}

function partsOf(globalJobId: string): readonly [schedd: string, job: string] {
  const [schedd = "", job = ""] = GlobalJobId.parse(globalJobId).split("#");
  return [schedd, job];
}
