import { jobsWithKeysFrom, slotsWithAnyJob } from "./classad.ts";
import type { QueueJob } from "./jobs.ts";
import { queryFailures, queryJobs, querySlots } from "./operations.ts";
import { newestFailure, reportOf } from "./reports.ts";
import type { Run } from "./run.ts";
import type { NodeFailure, SlotReport } from "./slots.ts";

/** What a look shows stays true enough for a refresh: its reads come a few at a time, one after the other. */
const RECENT_MILLISECONDS = 10_000;

/** A job as a look at many showed it, with what nodes said of it then. */
export interface RecentJob {
  readonly job: QueueJob;
  readonly report: SlotReport | undefined;
  /** What a node says last went wrong with a machine that none reports. */
  readonly failure: NodeFailure | undefined;
}

/** What a look shows, by the jobs' ids. */
export type RecentJobs = ReadonlyMap<string, RecentJob>;

/**
 * Looks at all of our account's jobs whose keys begin alike, each of which answers for whoever asks in the next seconds.
 * What this process itself changes makes it look anew.
 */
export class RecentLooks {
  readonly #run: Run;
  readonly #now: () => number;
  readonly #looks = new Map<string, { readonly at: number; readonly jobs: Promise<RecentJobs> }>();

  /** @param now - a clock that nobody sets, in milliseconds */
  constructor(run: Run, now: () => number = () => performance.now()) {
    this.#run = run;
    this.#now = now;
  }

  /** @param start - what the jobs' keys begin with */
  async of(start: string): Promise<RecentJobs> {
    const last = this.#looks.get(start);
    if (last !== undefined && this.#now() - last.at < RECENT_MILLISECONDS) return await last.jobs;
    const look = { at: this.#now(), jobs: lookAtAll(this.#run, start) };
    this.#looks.set(start, look);
    try {
      return await look.jobs;
    } catch (error) {
      // A pool that was silent is asked again.
      if (this.#looks.get(start) === look) this.#looks.delete(start);
      throw error;
    }
  }

  /** What was seen counts no more. */
  forget(): void {
    this.#looks.clear();
  }
}

async function lookAtAll(run: Run, start: string): Promise<RecentJobs> {
  const found = await queryJobs(run, [jobsWithKeysFrom(start)], { whose: "mine" });
  const jobs = found.filter(({ key }) => key?.startsWith(start));
  const bySlot = jobs.some(({ slot }) => slot !== "")
    ? new Map((await querySlots(run, [slotsWithAnyJob()])).map((report) => [report.slot, report]))
    : new Map<string, SlotReport>();
  const seen = jobs.map((job) => {
    const report = bySlot.get(job.slot);
    return { job, report: report && reportOf(job, [report]) };
  });
  const mayHaveFailed = seen.some(({ job, report }) => job.lastRunAt !== undefined && report === undefined);
  const failures = mayHaveFailed ? await queryFailures(run) : [];
  return new Map(
    seen.map(({ job, report }) => [job.globalJobId, { job, report, failure: newestFailure(job, failures) }]),
  );
}
