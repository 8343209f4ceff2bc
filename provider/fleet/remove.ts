import type { Context } from "../context.ts";
import { JOB_STATUS } from "../htcondor/jobs.ts";
import type { Operation } from "../operation.ts";
import { nextTick, patiently } from "../patience.ts";
import { memberKey } from "./look.ts";
import { knownIds, stateOf } from "./state.ts";

type Properties = Record<string, unknown>;

/**
 * Removes all members of a fleet and whatever else is left of it, and waits until their jobs have left the queue, for
 * until then they hold their MAC addresses.
 */
export async function deleteFleet(
  id: string,
  state: Properties,
  context: Context,
  operation: Operation,
): Promise<void> {
  const named = new Set(knownIds(stateOf(state)).values());
  const about = `the fleet ${id}`;
  const remedy = "The removal goes on by itself; `condor_q` shows the jobs until their machines have ended.";
  let most = 0;
  for (;;) {
    const jobs = await patiently(operation, about, async () => {
      const found = await jobsOf(id, named, context);
      const alive = found.filter(({ status }) => status !== JOB_STATUS.removed);
      await Promise.all(alive.map(({ globalJobId }) => context.pool.remove(globalJobId)));
      return found;
    });
    if (jobs.length === 0) break;
    most = Math.max(most, jobs.length);
    const doing = `ending ${jobs.length} of ${most}`;
    operation.progress(doing);
    await nextTick(operation, `${about} was ${doing}`, remedy);
  }
  operation.progress("");
}

/**
 * The fleet's jobs that are in the queue. Those that the state names and the queue does not show as the fleet's are asked
 * for by their ids, until they are gone.
 *
 * @param named - the ids that the state has; those that are shown or gone are taken out
 */
async function jobsOf(key: string, named: Set<string>, { pool }: Context) {
  const ours = (job: { readonly key: string | undefined; readonly cloud: unknown }) =>
    job.cloud === undefined || job.key?.startsWith(memberKey(key, ""));
  const shown = (await pool.findFleet(key)).filter(({ key: own }) => own?.startsWith(memberKey(key, "")));
  for (const { globalJobId } of shown) named.delete(globalJobId);
  const hidden = await Promise.all([...named].map(async (id) => ({ id, job: await pool.find(id) })));
  for (const { id, job } of hidden) if (job === undefined || !ours(job)) named.delete(id);
  return [...shown, ...hidden.flatMap(({ job }) => (job !== undefined && ours(job) ? [job] : []))];
}
