import { jobIdOf } from "../../contract/global-job-id.ts";
import type { Context } from "../../provider/context.ts";
import { CloudError, type CloudErrorCode, type CloudErrorParts, MachineError } from "../../provider/errors.ts";
import { JOB_STATUS, type QueueJob } from "../../provider/htcondor/jobs.ts";
import { AlreadyExistsError, InitializationError } from "../../provider/instance/errors.ts";

/** A launch that failed and left a machine, or found one; says what to do by command. */
export class LaunchError extends MachineError {
  readonly code: CloudErrorCode;

  constructor(id: string, code: CloudErrorCode, parts: CloudErrorParts) {
    super(id, parts);
    this.code = code;
  }
}

/**
 * What a failed launch tells a person: what went wrong, what is left of it, and how to go on without Pulumi.
 *
 * @returns the error itself where it leaves nothing
 */
export async function launchFailure(error: unknown, name: string, context: Context): Promise<unknown> {
  if (error instanceof AlreadyExistsError) return nameTaken(error, name);
  if (!(error instanceof InitializationError)) return error;
  const { id, code, what, why } = error;
  const left = await leftOf(id, context);
  return new LaunchError(id, code, { what, why, remedy: remedyOf(left, name, jobIdOf(id)), cause: error });
}

function nameTaken(error: AlreadyExistsError, name: string): LaunchError {
  const { id, code, what } = error;
  return new LaunchError(id, code, {
    what,
    remedy:
      `\`condor-cloud instance show ${jobIdOf(id)}\` shows it. ` +
      `Launch under another name than ${name} with --name, or first: \`condor-cloud instance terminate ${jobIdOf(id)}\`.`,
    cause: error,
  });
}

/** The machine's job as it is now; `unknown` where the pool does not say. */
async function leftOf(id: string, context: Context): Promise<QueueJob | "gone" | "unknown"> {
  try {
    const job = await context.pool.find(id);
    return job === undefined || job.status === JOB_STATUS.removed ? "gone" : job;
  } catch (error) {
    if (error instanceof CloudError) return "unknown";
    throw error;
  }
}

/** What is left, and how to remove it. */
export function remedyOf(left: QueueJob | "gone" | "unknown", name: string, jobId: string): string {
  const remove = `\`condor-cloud instance terminate ${jobId}\` removes it.`;
  if (left === "gone") return "Nothing is left of it.";
  if (left === "unknown") {
    return `Whether the machine ${name} (${jobId}) is left is not known, for the pool does not say. If it is: ${remove}`;
  }
  const cloud = left.cloud?.job;
  if (cloud?.acknowledged === false) {
    const until = new Date(cloud.deadline * 1000).toISOString();
    return `The machine ${name} (${jobId}) is left, and nobody claims it: HTCondor removes it at ${until}, the same launch goes on with it. ${remove}`;
  }
  return `The machine ${name} (${jobId}) is left and is yours: \`condor-cloud instance show ${jobId}\` says how it does, ${remove}`;
}
