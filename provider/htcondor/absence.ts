import { scheddOf } from "../../contract/global-job-id.ts";
import { CloudError } from "../errors.ts";
import { jobsWithIds } from "./classad.ts";
import { PoolUnreachableError, WrongScheddError } from "./errors.ts";
import { queryJobs } from "./operations.ts";
import type { Run } from "./run.ts";

/**
 * Asks for jobs that the configured schedd does not have, each from the schedd that its id names: a stack that was
 * made with another access point must not take its machines for gone. A schedd of that name that answers and does not
 * have the job is the proof that it is gone, also where the pool was rebuilt under the same name.
 *
 * @returns why a job must not be taken for gone; nothing for those that are
 */
export async function doubtAbout(run: Run, absent: readonly string[]): Promise<Map<string, CloudError>> {
  const doubts = new Map<string, CloudError>();
  for (const schedd of new Set(absent.map(scheddOf))) {
    const ids = absent.filter((id) => scheddOf(id) === schedd);
    try {
      const living = await queryJobs(run, jobsWithIds(ids), { schedd });
      for (const job of living) doubts.set(job.globalJobId, livesElsewhere(job.globalJobId, schedd));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      const doubt = error instanceof PoolUnreachableError ? unanswered(schedd, error) : error;
      for (const id of ids) if (!doubts.has(id)) doubts.set(id, doubt);
    }
  }
  return doubts;
}

function livesElsewhere(id: string, schedd: string): WrongScheddError {
  return new WrongScheddError(id, {
    what: `The job ${id} is in the queue of the schedd ${schedd}, and the configuration leads to another one.`,
    remedy: `Set \`pulumi config set condor:schedd ${schedd}\` (or CONDOR_CLOUD_SCHEDD), then \`pulumi up\`, or work on the access point itself.`,
  });
}

function unanswered(schedd: string, error: PoolUnreachableError): PoolUnreachableError {
  return new PoolUnreachableError(error.command, {
    what: `The schedd ${schedd}, which has the job or knows that it is gone, does not answer.`,
    why: error.why ?? error.what,
    remedy: `If it is only down, wait for it. If the machine is of another pool, choose that one with condor:pool and condor:schedd (CONDOR_CLOUD_POOL, CONDOR_CLOUD_SCHEDD). If no schedd of this name will ever run again, \`pulumi state delete\` forgets the machine.`,
    cause: error,
  });
}
