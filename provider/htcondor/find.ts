import { scheddOf } from "../../contract/global-job-id.ts";
import { doubtAbout } from "./absence.ts";
import { jobsWithIds } from "./classad.ts";
import { gather } from "./gather.ts";
import type { QueueJob } from "./jobs.ts";
import { queryJobs } from "./operations.ts";
import type { Run } from "./run.ts";

/** Finds jobs by their ids, whoever owns them; says that one is gone only where its own schedd does. */
export function finder(run: Run): (id: string) => Promise<QueueJob | undefined> {
  // The schedds that the configuration leads to, by the jobs that it showed: what such a one does not have, is gone.
  const ours = new Set<string>();
  const find = async (ids: readonly string[]) => {
    const asked = [...new Set(ids)];
    const found = await queryJobs(run, jobsWithIds(asked));
    const byId = new Map(found.map((job) => [job.globalJobId, job]));
    for (const id of byId.keys()) ours.add(scheddOf(id));
    const absent = asked.filter((id) => !byId.has(id) && !ours.has(scheddOf(id)));
    const doubts = await doubtAbout(run, absent);
    return (id: string) => {
      const doubt = doubts.get(id);
      if (doubt !== undefined) throw doubt;
      return byId.get(id);
    };
  };
  return gather(find, { callerOf: (id) => id });
}
