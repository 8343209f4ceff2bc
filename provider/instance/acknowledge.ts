import { jobIdOf } from "../../contract/global-job-id.ts";
import { ATTRIBUTE } from "../../contract/job-ad.ts";
import type { Context } from "../context.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import type { Operation } from "../operation.ts";
import { patiently } from "../patience.ts";
import { OrphanedError } from "./errors.ts";
import { leaseAttributes, leaseFromNow } from "./lease.ts";

/**
 * The last act of a create: from now on the state owns the machine, its deadline counts no more, and its lease begins.
 * Done only while whoever asked still hears the answer, because a machine that is acknowledged and in no state would
 * stay for ever.
 *
 * @param job - the machine's job, as it was seen last
 * @param leaseSeconds - how long its lease is; undefined: it has none
 * @returns when the lease ends, Unix time in seconds by the access point's clock
 * @throws OrphanedError when nobody hears the answer; JobNotFoundError when the machine is gone
 */
export async function acknowledge(
  job: QueueJob,
  leaseSeconds: number | undefined,
  context: Context,
  operation: Operation,
): Promise<number | undefined> {
  const id = job.globalJobId;
  // The machine is ready; a schedd that restarts at this very moment must not make a failure of it.
  return await patiently(operation, `the handing over of job ${jobIdOf(id)}`, async () => {
    if (!(await operation.stillWanted())) throw orphaned(id);
    // Asked for the time anew: the lease is to be a whole one, however long the schedd was silent since the last look.
    const latest = leaseSeconds === undefined ? job : ((await context.pool.find(id)) ?? job);
    const lease = leaseFromNow(latest, leaseSeconds);
    await context.pool.edit(id, { [ATTRIBUTE.acknowledged]: true, ...leaseAttributes(lease) });
    return lease?.until;
  });
}

function orphaned(id: string): OrphanedError {
  return new OrphanedError({
    what: `Whoever asked for the machine of job ${jobIdOf(id)} is gone, so it was not handed over.`,
    remedy: "The next `pulumi up` takes it over; otherwise HTCondor removes it when its deadline passes.",
  });
}
