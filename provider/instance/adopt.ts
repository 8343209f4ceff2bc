import { specDigest } from "../../contract/instance-spec.ts";
import { ATTRIBUTE, type CloudJob } from "../../contract/job-ad.ts";
import type { Context } from "../context.ts";
import { JOB_STATUS, type QueueJob } from "../htcondor/jobs.ts";
import type { Operation } from "../operation.ts";
import { nextTick, patiently } from "../patience.ts";
import { changeableAttributes } from "./diff.ts";
import { AlreadyExistsError, OrphanedError } from "./errors.ts";
import { takeOver } from "./takeover.ts";

/** What is to be done about the jobs that carry a key already. */
export type Step =
  | { readonly kind: "submit" }
  /** A create that died left this very machine behind, unacknowledged: it goes on with it. */
  | { readonly kind: "adopt"; readonly job: QueueJob }
  /** A create that died left a machine of an earlier declaration behind, unacknowledged: nobody owns it. */
  | { readonly kind: "clear"; readonly jobs: readonly QueueJob[] }
  /** A predecessor is on its way out and still holds the MAC and the address. */
  | { readonly kind: "wait"; readonly job: QueueJob }
  /** A live machine that somebody was told about, or of which nobody can tell: neither doubled nor stolen. */
  | { readonly kind: "refuse"; readonly job: QueueJob };

/** Decides from the jobs with the key of `wanted` that our account owns. */
export function nextStep(wanted: CloudJob, existing: readonly QueueJob[]): Step {
  const present = existing.filter((job) => job.status !== JOB_STATUS.completed);
  const live = present.filter((job) => job.status !== JOB_STATUS.removed);

  const owned = live.find((job) => job.cloud === undefined || job.cloud.job.acknowledged);
  if (owned !== undefined) return { kind: "refuse", job: owned };

  const mine = live.find((job) => job.cloud?.specDigest === specDigest(wanted.spec));
  const rest = live.filter((job) => job !== mine);
  if (rest.length > 0) return { kind: "clear", jobs: rest };
  const leaving = present.find((job) => job.status === JOB_STATUS.removed);
  if (leaving !== undefined) return { kind: "wait", job: leaving };
  return mine === undefined ? { kind: "submit" } : { kind: "adopt", job: mine };
}

/** What a program says about adoption. */
export interface Adoption {
  /** The GlobalJobId of a living machine to take over; absent: none. */
  readonly adopt?: string | undefined;
  /** Absent: whatever MAC address an adopted machine has. */
  readonly macAddress?: string | undefined;
}

/**
 * Submits the machine's job, unless a predecessor left it behind or the program names one to take over; answers it as
 * the queue has it. A pool that falls silent is asked anew from the beginning: what was submitted meanwhile is found
 * and adopted.
 *
 * @param known - the jobs of this key, from a look that was just taken; absent: they are looked for
 * @throws AlreadyExistsError; what {@link takeOver} throws; OrphanedError when nobody hears the answer any more
 */
export async function adoptOrSubmit(
  wanted: CloudJob,
  adoption: Adoption,
  context: Context,
  operation: Operation,
  known?: readonly QueueJob[],
): Promise<QueueJob> {
  let fresh = known;
  for (;;) {
    const job = await patiently(operation, `the submission of ${wanted.spec.name}`, async () => {
      // A look serves once: whoever has tried to submit asks anew.
      const existing = fresh ?? (await context.pool.findOwn(wanted.key));
      fresh = undefined;
      return await takeStep(wanted, existing, adoption, context, operation);
    });
    if (job !== undefined) return job;
  }
}

/** One step towards the machine's job; undefined when there is another to take. */
async function takeStep(
  wanted: CloudJob,
  existing: readonly QueueJob[],
  { adopt, macAddress }: Adoption,
  context: Context,
  operation: Operation,
): Promise<QueueJob | undefined> {
  // The machine to take over may carry the key already, from a run that died: it is in nobody's way.
  const chosen = existing.find((job) => job.globalJobId === adopt && isLive(job));
  const step = nextStep(
    wanted,
    existing.filter((job) => job !== chosen),
  );
  if (adopt !== undefined && (step.kind === "submit" || step.kind === "adopt")) {
    await checkWanted(wanted, operation);
    const taken = await takeOver(adopt, wanted, macAddress !== undefined, context);
    if (taken !== undefined) {
      // What a dead create left behind of this resource must not live beside it.
      if (step.kind === "adopt") await context.pool.remove(step.job.globalJobId);
      return taken;
    }
    // It ended between the two looks, and may still be on its way out.
    if (chosen !== undefined) return undefined;
  }
  switch (step.kind) {
    case "submit":
      await checkWanted(wanted, operation);
      return await context.pool.submit(wanted);
    case "adopt":
      await checkWanted(wanted, operation);
      // Its deadline was the dead create's; what changes in place may have changed since.
      await context.pool.edit(step.job.globalJobId, {
        [ATTRIBUTE.deadline]: wanted.deadline,
        // Where no node has prepared it yet, its console's password is for this create.
        ...(wanted.sealKey === undefined ? {} : { [ATTRIBUTE.sealKey]: wanted.sealKey }),
        ...changeableAttributes(wanted.spec),
      });
      return step.job;
    case "clear":
      await checkWanted(wanted, operation);
      await Promise.all(step.jobs.map((job) => context.pool.remove(job.globalJobId)));
      return undefined;
    case "wait": {
      const doing = `waiting for the predecessor, job ${step.job.clusterId}.${step.job.procId}, to end`;
      operation.progress(doing);
      await nextTick(operation, doing, "Nothing was submitted. `pulumi up` tries again.");
      return undefined;
    }
    case "refuse":
      if (step.job.cloud === undefined) throw unreadable(wanted, step.job);
      if (!context.settings.adoptExisting) throw alreadyExists(wanted, step.job);
      await checkWanted(wanted, operation);
      return await takeOver(step.job.globalJobId, wanted, true, context);
  }
}

function isLive({ status }: QueueJob): boolean {
  return status !== JOB_STATUS.removed && status !== JOB_STATUS.completed;
}

/** An orphan must change nothing: a rerun may be at work on the same machine already. */
async function checkWanted(wanted: CloudJob, operation: Operation): Promise<void> {
  operation.check(`submitting ${wanted.spec.name}`, "Nothing was submitted.");
  if (await operation.stillWanted()) return;
  throw new OrphanedError({
    what: `Whoever asked for the machine ${wanted.spec.name} is gone, so nothing was submitted for it.`,
    remedy: "The next `pulumi up` makes it.",
  });
}

function alreadyExists(wanted: CloudJob, job: QueueJob): AlreadyExistsError {
  const number = `${job.clusterId}.${job.procId}`;
  return new AlreadyExistsError(job.globalJobId, {
    what: `A machine for ${wanted.key} exists already: job ${number} (${job.globalJobId}), submitted by ${job.owner}.`,
    why: "It was acknowledged, so either another state of this stack owns it, or a run ended just before it could record it.",
    remedy: `To take it over: \`adopt: "${job.globalJobId}"\` among the resource's arguments, or \`pulumi config set condor:adoptExisting true\` for one \`pulumi up\`. If nobody needs it: \`condor_rm ${number}\`, then \`pulumi up\`. If another backend's state of the same project and stack owns it, give this stack another name.`,
  });
}

function unreadable(wanted: CloudJob, job: QueueJob): AlreadyExistsError {
  const number = `${job.clusterId}.${job.procId}`;
  return new AlreadyExistsError(job.globalJobId, {
    what: `A job for ${wanted.key} exists already, and cannot be read as a machine: job ${number} (${job.globalJobId}), submitted by ${job.owner}.`,
    why: "Somebody edited its attributes (`condor_qedit`), or another version of this package submitted it. It may run a machine with this MAC address.",
    remedy: `\`condor_q -long ${number}\` shows it. If nobody needs it: \`condor_rm ${number}\`, then \`pulumi up\`.`,
  });
}
