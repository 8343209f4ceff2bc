import type { ClassAdValue } from "../../contract/classad.ts";
import type { CloudError } from "../errors.ts";
import { jobsWithIds } from "./classad.ts";
import { CommandFailedError, JobNotFoundError, PermissionError } from "./errors.ts";
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
  readonly attributes: Readonly<Record<string, ClassAdValue>>;
}

/** Edits with one command for all that set the same; answers what went wrong with each. */
export async function editAll(run: Run, edits: readonly Edit[]): Promise<(edit: Edit) => CloudError | undefined> {
  const alike = new Map<string, Edit[]>();
  for (const edit of edits) {
    const key = JSON.stringify(edit.attributes);
    alike.set(key, [...(alike.get(key) ?? []), edit]);
  }
  const failures = new Map<Edit, CloudError>();
  for (const group of alike.values()) {
    if (await succeeds(editGroup(run, group))) continue;
    // One job that may not be edited fails the transaction of them all, so each is tried for itself.
    for (const edit of group) {
      if (group.length > 1 && (await succeeds(editGroup(run, [edit])))) continue;
      failures.set(edit, await explain(run, edit.id, "edited", "condor_qedit"));
    }
  }
  return (edit) => failures.get(edit);
}

async function editGroup(run: Run, group: readonly Edit[]): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  await editJobs(run, [...new Set(group.map((edit) => edit.id))], first.attributes);
}

/** Removes with one command; answers what went wrong with each. A job that is gone went as it was meant to. */
export async function removeAll(run: Run, ids: readonly string[]): Promise<(id: string) => CloudError | undefined> {
  const failures = new Map<string, CloudError>();
  if (!(await succeeds(removeJobs(run, ids)))) {
    for (const job of await queryJobs(run, jobsWithIds(ids))) {
      if (job.status !== JOB_STATUS.removed) failures.set(job.globalJobId, refused(job, "removed", "condor_rm"));
    }
  }
  return (id) => failures.get(id);
}

/** False when the command said no; any other failure (no pool, no command) is none of its answers. */
async function succeeds(command: Promise<void>): Promise<boolean> {
  try {
    await command;
    return true;
  } catch (error) {
    if (error instanceof CommandFailedError) return false;
    throw error;
  }
}

async function explain(run: Run, id: string, verb: string, command: string): Promise<CloudError> {
  const [job] = await queryJobs(run, jobsWithIds([id]));
  if (job !== undefined) return refused(job, verb, command);
  return new JobNotFoundError(id, {
    what: `The job ${id} could not be ${verb}: it is not in the queue any more.`,
    remedy: "`pulumi refresh` brings the stack's state up to date.",
  });
}

function refused(job: QueueJob, verb: string, command: string): PermissionError {
  return new PermissionError({
    what: `HTCondor refused: the job ${job.clusterId}.${job.procId} was not ${verb}.`,
    why: `${command} may change jobs of the account that submitted them; this one belongs to ${job.owner || "an unknown account"}.`,
    remedy: `Work as ${job.owner || "that account"}, or ask an administrator of the pool.`,
  });
}
