import { jobIdOf } from "../../contract/global-job-id.ts";
import { ATTRIBUTE } from "../../contract/job-ad.ts";
import type { Context } from "../context.ts";
import type { Operation } from "../operation.ts";
import { OrphanedError } from "./errors.ts";
import { patiently } from "./wait.ts";

/**
 * The last act of a create: from now on the state owns the machine, and its deadline counts no more. Done only while
 * whoever asked still hears the answer, because a machine that is acknowledged and in no state would stay for ever.
 *
 * @throws OrphanedError when nobody does; JobNotFoundError when the machine is gone
 */
export async function acknowledge(id: string, context: Context, operation: Operation): Promise<void> {
  // The machine is ready; a schedd that restarts at this very moment must not make a failure of it.
  await patiently(operation, `the handing over of job ${jobIdOf(id)}`, async () => {
    if (!(await operation.stillWanted())) throw orphaned(id);
    await context.pool.edit(id, { [ATTRIBUTE.acknowledged]: true });
  });
}

function orphaned(id: string): OrphanedError {
  return new OrphanedError({
    what: `Whoever asked for the machine of job ${jobIdOf(id)} is gone, so it was not handed over.`,
    remedy: "The next `pulumi up` takes it over; otherwise HTCondor removes it when its deadline passes.",
  });
}
