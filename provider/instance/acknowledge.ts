import { ATTRIBUTE } from "../../contract/job-ad.ts";
import type { Context } from "../context.ts";
import { PoolUnreachableError } from "../htcondor/errors.ts";
import type { Operation } from "../operation.ts";
import { OrphanedError } from "./errors.ts";
import { jobIdOf } from "./outputs.ts";
import { nextTick, waitingForPool } from "./wait.ts";

/**
 * The last act of a create: from now on the state owns the machine, and its deadline counts no more. Done only while
 * whoever asked still hears the answer, because a machine that is acknowledged and in no state would stay for ever.
 *
 * @throws OrphanedError when nobody does; JobNotFoundError when the machine is gone
 */
export async function acknowledge(id: string, context: Context, operation: Operation): Promise<void> {
  for (;;) {
    if (!(await operation.stillWanted())) throw orphaned(id);
    try {
      return await context.pool.edit(id, { [ATTRIBUTE.acknowledged]: true });
    } catch (error) {
      // The machine is ready; a schedd that restarts at this very moment must not make a failure of it.
      if (!(error instanceof PoolUnreachableError)) throw error;
      await nextTick(operation, `job ${jobIdOf(id)} was handed over, ${waitingForPool(error)}`);
    }
  }
}

function orphaned(id: string): OrphanedError {
  return new OrphanedError({
    what: `Whoever asked for the machine of job ${jobIdOf(id)} is gone, so it was not handed over.`,
    remedy: "The next `pulumi up` takes it over; otherwise HTCondor removes it when its deadline passes.",
  });
}
