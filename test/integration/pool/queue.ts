import { execa } from "execa";
import { inject } from "vitest";

/**
 * The jobs in the queue that have a machine or may get one, straight from `condor_q`. A job whose machine powered itself
 * off stays in the queue for ten minutes, completed, so that it is told from one that never was.
 */
export async function queue(): Promise<Record<string, unknown>[]> {
  const stdout = await condor("condor_q", "-allusers", "-json");
  const jobs: Record<string, unknown>[] = stdout.trim() === "" ? [] : JSON.parse(stdout);
  return jobs.filter((job) => job.JobStatus !== 4);
}

/** Runs one of HTCondor's commands as the pool's ordinary user. */
export async function condor(command: string, ...parameters: string[]): Promise<string> {
  return (await execa(command, parameters, { env: inject("environment") })).stdout;
}
