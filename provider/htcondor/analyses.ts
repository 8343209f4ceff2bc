import { analyzeEach } from "./analyze.ts";
import { gather } from "./gather.ts";
import type { QueueJob } from "./jobs.ts";
import type { Run } from "./run.ts";

/** HTCondor weighs each job against each slot: so many are asked about at a time, of all that differ in what they need. */
const ASKED_MOST = 4;

/** So long an answer counts for the others that need the same. */
const ANSWERED_MILLISECONDS = 60_000;

/**
 * Answers HTCondor's words on why a job stays idle. Machines that need the same share one answer, and of many that need
 * different things some are told nothing: the question is dear, and its answer only helps people.
 *
 * @param now - a clock that nobody sets, in milliseconds
 */
export function sharedAnalyses(run: Run, now: () => number = () => performance.now()) {
  const answers = new Map<string, { readonly at: number; readonly lines: string[] }>();
  return gather(
    async (jobs: readonly QueueJob[]) => {
      for (const [needs, { at }] of answers) if (now() - at >= ANSWERED_MILLISECONDS) answers.delete(needs);
      const unanswered = new Map<string, string>();
      for (const job of jobs) if (!answers.has(needsOf(job))) unanswered.set(needsOf(job), job.globalJobId);
      const asked = [...unanswered].slice(0, ASKED_MOST);
      if (asked.length > 0) {
        const ids = asked.map(([, id]) => id);
        const told = await analyzeEach(run, ids);
        for (const [needs, id] of asked) answers.set(needs, { at: now(), lines: told.get(id) ?? [] });
      }
      return (job: QueueJob) => answers.get(needsOf(job))?.lines ?? [];
    },
    { oneAtATime: true },
  );
}

/** What decides where a machine can run, as a text; a job that cannot be read, and one that is waited for by MAC, is only like itself. */
function needsOf({ globalJobId, cloud }: QueueJob): string {
  if (cloud === undefined || cloud.job.exclusive === true) return globalJobId;
  const { name: _name, macAddress: _mac, labels: _labels, seed: _seed, interfaces, ...needs } = cloud.job.spec;
  const networks = Object.values(interfaces ?? {}).map(({ network }) => network);
  return JSON.stringify([needs, networks, cloud.job.imageNeeds]);
}
