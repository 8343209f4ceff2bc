import type { QueueJob } from "./jobs.ts";
import type { NodeFailure, SlotReport } from "./slots.ts";

/** The clocks of a pool agree within half a minute: more, and its nodes would take no machine. */
const CLOCKS_DIFFER_SECONDS = 30;

/** The report of the very slot that the queue says runs the job: a dead node's slots stay in the collector for a while. */
export function reportOf(job: QueueJob, reports: readonly SlotReport[]): SlotReport | undefined {
  return reports.find((report) => report.slot === job.slot && report.machine.globalJobId === job.globalJobId);
}

/** Of an earlier run's failures nobody needs to hear once the machine has run again. */
export function newestFailure(job: QueueJob, failures: readonly NodeFailure[]): NodeFailure | undefined {
  const since = (job.lastRunAt ?? Number.POSITIVE_INFINITY) - CLOCKS_DIFFER_SECONDS;
  return failures
    .filter((failure) => failure.globalJobId === job.globalJobId && failure.at >= since)
    .sort((a, b) => b.at - a.at)[0];
}
