import { z } from "zod";
import { scheddOf } from "../../contract/global-job-id.ts";
import { CloudError } from "../errors.ts";
import { jobsWithIds } from "./classad.ts";
import { PoolUnreachableError, WrongScheddError } from "./errors.ts";
import { queryJobs } from "./operations.ts";
import { parseAds, unexpected } from "./output.ts";
import type { Run } from "./run.ts";

/** The part of `condor_q -totals -json` that counts what was asked for. */
const Totals = z.tuple([z.object({ jobs: z.int().nonnegative() })]);

/**
 * Makes sure that a schedd does not have these jobs. A query without a match prints nothing at all, as a command does
 * that broke; the totals of the same query are an answer, and say zero.
 *
 * @param schedd - absent: the one that the settings name
 * @throws UnexpectedOutputError where the answer is anything but zero
 */
export async function proveAbsent(run: Run, ids: readonly string[], schedd?: string): Promise<void> {
  for (const constraint of jobsWithIds(ids)) {
    const options = ["-allusers", "-totals", "-json", "-constraint", constraint];
    const output = await run("condor_q", options, schedd === undefined ? {} : { schedd });
    const totals = Totals.safeParse(parseAds("condor_q", output));
    if (!totals.success || totals.data[0].jobs !== 0) throw unexpected("condor_q", output, totals.error);
  }
}

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
      const gone = ids.filter((id) => !doubts.has(id));
      if (gone.length > 0) await proveAbsent(run, gone, schedd);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      const doubt = error instanceof PoolUnreachableError ? unanswered(schedd, error) : error;
      for (const id of ids) if (!doubts.has(id)) doubts.set(id, doubt);
    }
  }
  return doubts;
}

function livesElsewhere(id: string, schedd: string): WrongScheddError {
  return new WrongScheddError({
    what: `The job ${id} is in the queue of the schedd ${schedd}, and the configuration leads to another one.`,
    remedy: `Set \`pulumi config set condor:schedd ${schedd}\` (or CONDOR_CLOUD_SCHEDD), then \`pulumi up\`, or work on the access point itself.`,
  });
}

function unanswered(schedd: string, error: PoolUnreachableError): PoolUnreachableError {
  return new PoolUnreachableError({
    what: `The schedd ${schedd}, which has the job or knows that it is gone, does not answer.`,
    why: error.why ?? error.what,
    remedy: `If it is only down, wait for it. If the machine is of another pool, choose that one with condor:pool and condor:schedd (CONDOR_CLOUD_POOL, CONDOR_CLOUD_SCHEDD). If no schedd of this name will ever run again, \`pulumi state delete\` forgets the machine.`,
    cause: error,
  });
}
