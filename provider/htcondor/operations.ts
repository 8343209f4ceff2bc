import { classAdLiteral } from "../../contract/classad.ts";
import { askQueue } from "./ask-queue.ts";
import { jobsWithIds, jobsWithKeys, machineJobs, nodeSlots, slotsWithFailures } from "./classad.ts";
import { CommandFailedError } from "./errors.ts";
import { type AttributeValue, editValue } from "./expression.ts";
import { HOLDER_ATTRIBUTES, type MacHolder, parseHolders } from "./holders.ts";
import { JOB_ATTRIBUTES, parseJobs, type QueueJob } from "./jobs.ts";
import type { Run } from "./run.ts";
import {
  FAILURE_SLOT_ATTRIBUTES,
  MACHINE_SLOT_ATTRIBUTES,
  NODE_SLOT_ATTRIBUTES,
  type NodeFailure,
  type NodeSlot,
  parseNodeFailures,
  parseNodes,
  parseSlots,
  type SlotReport,
} from "./slots.ts";

/**
 * The base operations on a pool. Each takes many and needs as few commands as one does; an argument that would grow
 * beyond what a command line holds is cut into several.
 */

/**
 * Asks the queue. An answer without a job is one that the schedd gave, never a command's silence.
 *
 * @param constraints - one command each, one after the other
 * @param from.whose - `mine`: those of the account as which HTCondor knows us, as the schedd sees it; absent: all
 * @param from.schedd - the name of the schedd to ask; absent: the one that the settings name
 */
export async function queryJobs(
  run: Run,
  constraints: readonly string[],
  from: { readonly whose?: "mine" | "all"; readonly schedd?: string } = {},
): Promise<QueueJob[]> {
  const jobs: QueueJob[] = [];
  for (const constraint of constraints) {
    const selection = [...(from.whose === "mine" ? [] : ["-allusers"]), "-constraint", constraint];
    const whom = from.schedd === undefined ? {} : { schedd: from.schedd };
    jobs.push(...(await askQueue(run, JOB_ATTRIBUTES, selection, whom, parseJobs)));
  }
  return jobs;
}

/** Asks the collector what the nodes report about machines. */
export async function querySlots(run: Run, constraints: readonly string[]): Promise<SlotReport[]> {
  const slots: SlotReport[] = [];
  for (const constraint of constraints) {
    slots.push(...parseSlots("condor_status", await askCollector(run, MACHINE_SLOT_ATTRIBUTES, constraint)));
  }
  return slots;
}

/** Asks the collector what nodes say went wrong with machines, those of all jobs. */
export async function queryFailures(run: Run): Promise<NodeFailure[]> {
  return parseNodeFailures("condor_status", await askCollector(run, FAILURE_SLOT_ATTRIBUTES, slotsWithFailures()));
}

/** What the nodes are like only helps previews, lists and the words of errors: nobody waits long for it. */
const NODES_DEADLINE_SECONDS = 10;

/** Asks the collector for the execute nodes of ours. */
export async function queryNodes(run: Run): Promise<NodeSlot[]> {
  const within = { deadlineSeconds: NODES_DEADLINE_SECONDS };
  return parseNodes("condor_status", await askCollector(run, NODE_SLOT_ATTRIBUTES, nodeSlots(), within));
}

function askCollector(
  run: Run,
  attributes: readonly string[],
  constraint: string,
  within: { readonly deadlineSeconds?: number } = {},
): Promise<string> {
  return run("condor_status", ["-json", "-attributes", attributes.join(","), "-constraint", constraint], within);
}

/**
 * Asks the history for jobs that have left the queue. Stops when all are found, or at what ended before the first of them
 * was queued.
 */
export async function queryHistory(run: Run, ids: readonly string[]): Promise<QueueJob[]> {
  const since = Math.min(...ids.map(queueTimeOf));
  const jobs: QueueJob[] = [];
  for (const constraint of jobsWithIds(ids)) {
    const output = await run("condor_history", [
      ...["-json", "-attributes", JOB_ATTRIBUTES.join(","), "-constraint", constraint, "-limit", String(ids.length)],
      ...["-since", `EnteredCurrentStatus < ${classAdLiteral(since)}`],
    ]);
    jobs.push(...parseJobs("condor_history", output));
  }
  return jobs;
}

/** A GlobalJobId ends with the time at which its job was queued. */
function queueTimeOf(id: string): number {
  return Number(id.split("#").at(-1));
}

/** Whoever is not among so many jobs that last left the queue is forgotten. */
const HISTORY_SCAN_MAX = 10_000;

/** Asks the history for the last job of each of these keys, whatever became of it. Looks at a bounded part of it. */
export async function queryLastWithKeys(run: Run, keys: readonly string[]): Promise<QueueJob[]> {
  const last = new Map<string, QueueJob>();
  for (const constraint of jobsWithKeys(keys)) {
    const output = await run("condor_history", [
      ...["-json", "-attributes", JOB_ATTRIBUTES.join(","), "-constraint", constraint],
      ...["-scanlimit", String(HISTORY_SCAN_MAX), ...(keys.length === 1 ? ["-limit", "1"] : [])],
    ]);
    // The newest come first.
    for (const job of parseJobs("condor_history", output)) {
      if (job.key !== undefined && !last.has(job.key)) last.set(job.key, job);
    }
  }
  return [...last.values()];
}

/** Asks the queue which jobs hold MAC addresses, whoever owns them. */
export async function queryHolders(run: Run): Promise<MacHolder[]> {
  const selection = ["-allusers", "-constraint", machineJobs()];
  return await askQueue(run, HOLDER_ATTRIBUTES, selection, {}, parseHolders);
}

/** Nobody waits long for what a daemon's configuration says. */
const SETTING_DEADLINE_SECONDS = 20;

/** Asks the pool's negotiator for a setting; undefined where it has none of that name. */
export async function queryManagerSetting(run: Run, name: string): Promise<string | undefined> {
  return await querySetting(run, "-negotiator", name);
}

/** Asks the schedd that the settings name for a setting; undefined where it has none of that name. */
export async function queryScheddSetting(run: Run, name: string): Promise<string | undefined> {
  return await querySetting(run, "-schedd", name);
}

async function querySetting(run: Run, daemon: string, name: string): Promise<string | undefined> {
  const output = await run("condor_config_val", [daemon, name], { deadlineSeconds: SETTING_DEADLINE_SECONDS });
  // HTCondor 23.9 says so and exits 0 (measured).
  return /^Not defined/i.test(output.trim()) || output.trim() === "" ? undefined : output.trim();
}

/**
 * Sets attributes of jobs. With `-forward`, because the shadow of a running job would never hear of it otherwise.
 * Jobs that are gone are passed over, unless all are; one that may not be edited fails the whole command.
 *
 * @returns how many jobs HTCondor says it set them in; NaN where it does not say
 */
export async function editJobs(
  run: Run,
  ids: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
): Promise<number> {
  const assignments = Object.entries(attributes).flatMap(([name, value]) => [name, editValue(value)]);
  let count = 0;
  for (const constraint of jobsWithIds(ids)) {
    const output = await run("condor_qedit", ["-forward", "-constraint", constraint, ...assignments]);
    count += Number(/^Set attribute "\w+" for (\d+) matching jobs/m.exec(output)?.[1]);
  }
  return count;
}

/**
 * Marks jobs for removal, with each command even where another failed. Jobs that are gone are passed over, unless all
 * of one command are, which fails it.
 */
export async function removeJobs(run: Run, ids: readonly string[]): Promise<void> {
  let failure: CommandFailedError | undefined;
  for (const constraint of jobsWithIds(ids)) {
    try {
      await run("condor_rm", ["-constraint", constraint]);
    } catch (error) {
      if (!(error instanceof CommandFailedError)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}
