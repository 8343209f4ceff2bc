import type { ClassAdValue } from "../../contract/classad.ts";
import { scheddOf } from "../../contract/global-job-id.ts";
import { CloudJob } from "../../contract/job-ad.ts";
import { CloudError } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { doubtAbout } from "./absence.ts";
import { analyzeEach } from "./analyze.ts";
import { type Edit, editEach, removeEach } from "./changes.ts";
import {
  jobsOfFleets,
  jobsWithIds,
  jobsWithImage,
  jobsWithKeys,
  machineJobs,
  slotsWithAnyJob,
  slotsWithJobs,
} from "./classad.ts";
import { type ConsoleReading, readConsole } from "./console.ts";
import { gather } from "./gather.ts";
import type { MacHolder } from "./holders.ts";
import type { QueueJob } from "./jobs.ts";
import type { Log } from "./log.ts";
import {
  queryFailures,
  queryHistory,
  queryHolders,
  queryJobs,
  queryLastWithKeys,
  queryManagerSetting,
  queryNodes,
  querySlots,
} from "./operations.ts";
import { openRunner, type Run } from "./run.ts";
import type { NodeFailure, NodeSlot, SlotReport } from "./slots.ts";
import { SubmissionLimits } from "./submission-limits.ts";
import { submitEach } from "./submit.ts";

/** The clocks of a pool agree within half a minute: more, and its nodes would take no machine. */
const CLOCKS_DIFFER_SECONDS = 30;

/**
 * A pool of HTCondor. Calls that arrive together share their commands, so a program with many machines just calls for
 * each of them at once. Every call may throw a typed error (errors.ts); none retries.
 */
export interface Pool {
  /** Submits a machine's job, unacknowledged or not as it says, and answers it as the queue has it. */
  submit(job: CloudJob): Promise<QueueJob>;
  /**
   * The job with this GlobalJobId, whoever owns it; undefined when it is in the queue no more. Throws
   * WrongScheddError where it lives at another schedd, PoolUnreachableError where its schedd cannot tell.
   */
  find(id: string): Promise<QueueJob | undefined>;
  /** Our account's jobs in the queue that carry this key, also those that otherwise break the contract. */
  findOwn(key: string): Promise<QueueJob[]>;
  /** Our account's jobs in the queue that are members of the fleet with this key, also those that break the contract. */
  findFleet(key: string): Promise<QueueJob[]>;
  /** What a node reports about this job's machine: from the slot that runs the job, or none. */
  machine(job: QueueJob): Promise<SlotReport | undefined>;
  /** What a node says last went wrong with this job's machine since {@link QueueJob.lastRunAt}; none where none does. */
  failure(job: QueueJob): Promise<NodeFailure | undefined>;
  /** HTCondor's own words on why a job stays idle; asks much of the collector, and never fails. */
  analyze(id: string): Promise<string[]>;
  /** The end of what a running machine of ours said on its serial console, raw; see {@link readConsole}. */
  console(id: string, reading: ConsoleReading): Promise<string>;
  /** The execute nodes of ours. */
  nodes(): Promise<NodeSlot[]>;
  /** A job that has left the queue, where the history still knows it. */
  history(id: string): Promise<QueueJob | undefined>;
  /** The last job of this key that left the queue, where the history still knows one; whoever owned it. */
  lastWithKey(key: string): Promise<QueueJob | undefined>;
  /** The jobs in the queue that hold MAC addresses, whoever owns them, those too that somebody submitted by hand. */
  holders(): Promise<MacHolder[]>;
  /** A setting as the pool's negotiator has it; undefined where it has none of that name. */
  managerSetting(name: string): Promise<string | undefined>;
  /**
   * All jobs in the queue that are virtual machines, each with its node's report; those that somebody submitted by hand
   * are among them, and break the contract.
   *
   * @param whose - `mine`: those of the account as which HTCondor knows us; absent: everybody's
   */
  list(whose?: "mine" | "all"): Promise<{ job: QueueJob; report: SlotReport | undefined }[]>;
  /** The jobs in the queue that use the image with this digest, whoever owns them. */
  withImage(digest: string): Promise<QueueJob[]>;
  /** Sets attributes of a job; the shadow of a running one is told. Throws JobNotFoundError. */
  edit(id: string, attributes: Readonly<Record<string, ClassAdValue>>): Promise<void>;
  /** Has a job removed; one that is gone is none to complain about. It leaves the queue when its machine has ended. */
  remove(id: string): Promise<void>;
}

/**
 * Opens the pool that the settings name. Runs nothing yet.
 *
 * @param log - is told of every command and its answer, without secrets
 */
export function openPool(settings: Settings, log?: Log): Pool {
  return poolOf(openRunner(settings, log));
}

/** The schedd does one change of its queue after the other, so what arrives meanwhile shares the next command. */
const ONE_AT_A_TIME = { oneAtATime: true };

/** A pool over whatever runs its commands. */
export function poolOf(run: Run): Pool {
  const limits = new SubmissionLimits();
  const submit = gather(async (jobs: readonly CloudJob[]) => {
    const queued = await submitEach(run, jobs, limits);
    const answers = new Map(jobs.map((job, index) => [job, queued[index]]));
    return (job: CloudJob) => answers.get(job);
  }, ONE_AT_A_TIME);
  // The schedds that the configuration leads to, by the jobs that it showed: what such a one does not have, is gone.
  const ours = new Set<string>();
  const find = gather(async (ids: readonly string[]) => {
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
  });
  const findOwn = gather(async (keys: readonly string[]) => {
    const found = await queryJobs(run, jobsWithKeys([...new Set(keys)]), { whose: "mine" });
    return (key: string) => found.filter((job) => job.key === key);
  });
  const findFleet = gather(async (keys: readonly string[]) => {
    const found = await queryJobs(run, jobsOfFleets([...new Set(keys)]), { whose: "mine" });
    return (key: string) => found.filter((job) => job.fleet === key);
  });
  const machine = gather(async (jobs: readonly QueueJob[]) => {
    const reports = await querySlots(run, slotsWithJobs([...new Set(jobs.map((job) => job.globalJobId))]));
    return (job: QueueJob) => reportOf(job, reports);
  });
  const failure = gather(async (_jobs: readonly QueueJob[]) => {
    const failures = await queryFailures(run);
    return (job: QueueJob) => newestFailure(job, failures);
  });
  const nodes = gather(async (_callers: readonly undefined[]) => {
    const found = await queryNodes(run);
    return () => found;
  });
  const lastWithKey = gather(async (keys: readonly string[]) => {
    const found = await queryLastWithKeys(run, [...new Set(keys)]);
    return (key: string) => found.find((job) => job.key === key);
  });
  const holders = gather(async (_callers: readonly undefined[]) => {
    const found = await queryHolders(run);
    return () => found;
  });
  const analyze = gather(async (ids: readonly string[]) => {
    const told = await analyzeEach(run, [...new Set(ids)]);
    return (id: string) => told.get(id) ?? [];
  });
  const edit = gather((edits: readonly Edit[]) => editEach(run, edits), ONE_AT_A_TIME);
  const remove = gather((ids: readonly string[]) => removeEach(run, [...new Set(ids)]), ONE_AT_A_TIME);

  return {
    find,
    findOwn,
    findFleet,
    machine,
    failure,
    console: (id, reading) => readConsole(run, id, reading),
    nodes: () => nodes(undefined),
    lastWithKey,
    holders: () => holders(undefined),
    managerSetting: (name) => queryManagerSetting(run, name),
    analyze,
    async submit(job) {
      // Parsed before it joins others, because one bad row would fail them all; a new object, so that rows are told apart.
      const queued = await submit(CloudJob.parse(job));
      if (queued === undefined) throw new TypeError("A submission was answered without this job");
      if (queued instanceof CloudError) throw queued;
      return queued;
    },
    async history(id) {
      return await queryHistory(run, id, queueTimeOf(id));
    },
    async list(whose = "all") {
      const [jobs, reports] = await Promise.all([
        queryJobs(run, [machineJobs()], { whose }),
        querySlots(run, [slotsWithAnyJob()]),
      ]);
      return jobs.map((job) => ({ job, report: reportOf(job, reports) }));
    },
    async withImage(digest) {
      return await queryJobs(run, [jobsWithImage(digest)]);
    },
    async edit(id, attributes) {
      const failure = await edit({ id, attributes });
      if (failure !== undefined) throw failure;
    },
    async remove(id) {
      const failure = await remove(id);
      if (failure !== undefined) throw failure;
    },
  };
}

/** The report of the very slot that the queue says runs the job: a dead node's slots stay in the collector for a while. */
function reportOf(job: QueueJob, reports: readonly SlotReport[]): SlotReport | undefined {
  return reports.find((report) => report.slot === job.slot && report.machine.globalJobId === job.globalJobId);
}

/** Of an earlier run's failures nobody needs to hear once the machine has run again. */
function newestFailure(job: QueueJob, failures: readonly NodeFailure[]): NodeFailure | undefined {
  const since = (job.lastRunAt ?? Number.POSITIVE_INFINITY) - CLOCKS_DIFFER_SECONDS;
  return failures
    .filter((failure) => failure.globalJobId === job.globalJobId && failure.at >= since)
    .sort((a, b) => b.at - a.at)[0];
}

/** A GlobalJobId ends with the time at which its job was queued. */
function queueTimeOf(id: string): number {
  return Number(id.split("#").at(-1));
}
