import type { CloudError } from "../errors.ts";
import { jobsWithIds } from "./classad.ts";
import { CommandFailedError, JobNotFoundError } from "./errors.ts";
import type { AttributeValue } from "./expression.ts";
import { eachOrNone } from "./halves.ts";
import { JOB_STATUS, type QueueJob } from "./jobs.ts";
import { editJobs, queryJobs, removeJobs } from "./operations.ts";
import type { Run } from "./run.ts";

/**
 * Edits and removals of many jobs, with an answer for each. `condor_qedit` and `condor_rm` say the same of a job that
 * is gone as of one that belongs to somebody else (measured on 23.9), so what they say no to is looked up.
 */

/** One job, and what to set in it. */
export interface Edit {
  readonly id: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** Edits with one command for all that set the same; answers what went wrong with each. */
export async function editEach(run: Run, edits: readonly Edit[]): Promise<(edit: Edit) => CloudError | undefined> {
  const alike = new Map<string, Edit[]>();
  for (const edit of edits) {
    const key = JSON.stringify(edit.attributes);
    alike.set(key, [...(alike.get(key) ?? []), edit]);
  }
  const failures = new Map<Edit, CloudError>();
  for (const [first, ...others] of alike.values()) {
    if (first === undefined) continue;
    const group = [first, ...others];
    const failed = await editTogether(run, [...new Set(group.map((edit) => edit.id))], first.attributes);
    for (const edit of group) {
      const failure = failed.get(edit.id);
      if (failure !== undefined) failures.set(edit, failure);
    }
  }
  return (edit) => failures.get(edit);
}

/** Sets the same in all of these jobs; answers what went wrong, by id. */
async function editTogether(
  run: Run,
  ids: readonly string[],
  attributes: Edit["attributes"],
): Promise<Map<string, CloudError | undefined>> {
  const present = new Map<string, QueueJob>();
  // One job that may not be edited fails the transaction of them all, so those that are there are tried in parts.
  return await eachOrNone<string, CloudError | undefined>([ids], {
    async attempt(part) {
      const outcome = await orFailure(editJobs(run, part, attributes));
      if (outcome === part.length) return { done: new Map(part.map((id) => [id, undefined])) };
      const there = new Map((await queryJobs(run, jobsWithIds(part))).map((job) => [job.globalJobId, job]));
      for (const [id, job] of there) present.set(id, job);
      const isRefused = outcome instanceof CommandFailedError;
      const told = part.filter((id) => !(isRefused && there.has(id)));
      return {
        done: new Map(told.map((id) => [id, there.has(id) ? undefined : notFound(id)])),
        refusal: isRefused ? outcome : undefined,
      };
    },
    refused: (id, refusal, alike) => refusalOf(present.get(id), "edited", refusal, alike),
  });
}

/** Removes with one command; answers what went wrong with each. A job that is gone went as it was meant to. */
export async function removeEach(run: Run, ids: readonly string[]): Promise<(id: string) => CloudError | undefined> {
  const outcome = await orFailure(removeJobs(run, ids));
  if (!(outcome instanceof CommandFailedError)) return () => undefined;
  const left = (await queryJobs(run, jobsWithIds(ids))).filter((job) => job.status !== JOB_STATUS.removed);
  const failures = new Map(left.map((job) => [job.globalJobId, refusalOf(job, "removed", outcome)]));
  return (id) => failures.get(id);
}

/** The command's answer, or that it said no; any other failure (no pool, no command) is none of its answers. */
async function orFailure<Answer>(command: Promise<Answer>): Promise<Answer | CommandFailedError> {
  try {
    return await command;
  } catch (error) {
    if (error instanceof CommandFailedError) return error;
    throw error;
  }
}

function notFound(id: string): JobNotFoundError {
  return new JobNotFoundError(id, {
    what: `The job ${id} could not be edited: it is not in the queue any more.`,
    remedy: "`pulumi refresh` brings the stack's state up to date.",
  });
}

/** Why a job that is there was not changed: HTCondor's own words, which do not say whether it was a matter of rights. */
function refusalOf(
  job: QueueJob | undefined,
  verb: string,
  failure: CommandFailedError,
  alike?: number,
): CommandFailedError {
  const others = alike === undefined ? "" : `, as ${alike} before it; it was not tried alone`;
  return new CommandFailedError(failure.command, {
    what: `The job ${job?.clusterId}.${job?.procId} was not ${verb}${others}.`,
    why: failure.why,
    remedy: `It belongs to ${job?.owner || "an unknown account"}: that account may change it, and administrators of the pool.`,
    cause: failure,
  });
}
