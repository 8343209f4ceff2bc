import { CloudJob } from "../../contract/job-ad.ts";
import { CloudError } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { sharedAnalyses } from "./analyses.ts";
import { type Edit, editEach, removeEach } from "./changes.ts";
import { jobsOfFleets, jobsWithImage, jobsWithKeys, machineJobs, slotsWithAnyJob, slotsWithJobs } from "./classad.ts";
import { type ConsoleReading, readConsole } from "./console.ts";
import type { AttributeValue } from "./expression.ts";
import { finder } from "./find.ts";
import { type Gathering, gather } from "./gather.ts";
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
import { isMetByAny, parseExpression } from "./parse.ts";
import { type RecentJobs, RecentLooks } from "./recent.ts";
import { newestFailure, reportOf } from "./reports.ts";
import { openRunner, type Run } from "./run.ts";
import type { NodeFailure, NodeSlot, SlotReport } from "./slots.ts";
import { SubmissionLimits } from "./submission-limits.ts";
import { submitEach } from "./submit.ts";

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
  /**
   * Our account's jobs whose keys begin with this, as one look at queue and nodes showed them at most ten seconds ago,
   * for reads alone. That one is not among them says nothing: {@link Pool.find} does.
   */
  recent(keyStart: string): Promise<RecentJobs>;
  /** What a node reports about this job's machine: from the slot that runs the job, or none. */
  machine(job: QueueJob): Promise<SlotReport | undefined>;
  /** What a node says last went wrong with this job's machine since {@link QueueJob.lastRunAt}; none where none does. */
  failure(job: QueueJob): Promise<NodeFailure | undefined>;
  /** HTCondor's own words on why a job stays idle; shared with those that need the same, and never fails. */
  analyze(job: QueueJob): Promise<string[]>;
  /** The end of what a running machine of ours said on its serial console, raw; see {@link readConsole}. */
  console(id: string, reading: ConsoleReading): Promise<string>;
  /** The execute nodes of ours. */
  nodes(): Promise<NodeSlot[]>;
  /** A job that has left the queue, where the history still knows it. */
  history(id: string): Promise<QueueJob | undefined>;
  /** The last job of this key that left the queue, where the history still knows one; whoever owned it. */
  lastWithKey(key: string): Promise<QueueJob | undefined>;
  /**
   * The jobs in the queue that hold MAC addresses, whoever owns them, those too that somebody submitted by hand.
   *
   * @param caller - who asks: machines that are made one after the other are waited for
   */
  holders(caller: string): Promise<MacHolder[]>;
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
  /** HTCondor's words on why a text is no expression; undefined where it is one. */
  parse(expression: string): Promise<string | undefined>;
  /** Whether any execute node of ours meets requirements that speak of slots alone. */
  isMetByAny(requirements: string): Promise<boolean>;
  /** Sets attributes of a job; the shadow of a running one is told. Throws JobNotFoundError. */
  edit(id: string, attributes: Readonly<Record<string, AttributeValue>>): Promise<void>;
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

/**
 * A submission waits a little longer for others than a question: a thousand members are prepared in bursts, and each
 * further one costs what all this waiting does.
 */
const SUBMISSION_QUIET_MILLISECONDS = 50;

/** A pool over whatever runs its commands. */
export function poolOf(run: Run): Pool {
  const recent = new RecentLooks(run);
  // The schedd does one change after the other, so what arrives meanwhile shares the next command.
  const gatherChanges = <Item, Answer>(
    change: (items: readonly Item[]) => Promise<(item: Item) => Answer>,
    how: Gathering<Item> = {},
  ) => gather((items: readonly Item[]) => change(items).finally(() => recent.forget()), { ...how, oneAtATime: true });
  const limits = new SubmissionLimits();
  const submit = gatherChanges(
    async (jobs: readonly CloudJob[]) => {
      const queued = await submitEach(run, jobs, limits);
      const answers = new Map(jobs.map((job, index) => [job, queued[index]]));
      return (job: CloudJob) => answers.get(job);
    },
    { quietMilliseconds: SUBMISSION_QUIET_MILLISECONDS },
  );
  const findOwn = gather(
    async (keys: readonly string[]) => {
      const found = await queryJobs(run, jobsWithKeys([...new Set(keys)]), { whose: "mine" });
      return (key: string) => found.filter((job) => job.key === key);
    },
    { callerOf: (key) => key },
  );
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
  const holders = gather(
    async (_callers: readonly string[]) => {
      const found = await queryHolders(run);
      return () => found;
    },
    { callerOf: (caller) => caller },
  );
  const history = gather(async (ids: readonly string[]) => {
    const found = await queryHistory(run, [...new Set(ids)]);
    return (id: string) => found.find((job) => job.globalJobId === id);
  });
  const edit = gatherChanges((edits: readonly Edit[]) => editEach(run, edits));
  const remove = gatherChanges((ids: readonly string[]) => removeEach(run, [...new Set(ids)]));

  return {
    find: finder(run),
    findOwn,
    findFleet,
    machine,
    failure,
    console: (id, reading) => readConsole(run, id, reading),
    nodes: () => nodes(undefined),
    lastWithKey,
    holders,
    managerSetting: (name) => queryManagerSetting(run, name),
    analyze: sharedAnalyses(run),
    recent: (keyStart) => recent.of(keyStart),
    async submit(job) {
      // Parsed before it joins others, because one bad row would fail them all; a new object, so that rows are told apart.
      const queued = await submit(CloudJob.parse(job));
      if (queued === undefined) throw new TypeError("A submission was answered without this job");
      if (queued instanceof CloudError) throw queued;
      return queued;
    },
    history,
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
    parse: (expression) => parseExpression(run, expression),
    isMetByAny: (requirements) => isMetByAny(run, requirements),
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
