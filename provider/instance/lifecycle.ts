import { isDeepStrictEqual } from "node:util";
import { jobIdOf } from "../../contract/global-job-id.ts";
import type { Lease } from "../../contract/job-ad.ts";
import { GlobalJobId } from "../../contract/patterns.ts";
import { newSealKeys } from "../../contract/sealed.ts";
import type { Context } from "../context.ts";
import { JobNotFoundError } from "../htcondor/errors.ts";
import { JOB_STATUS, type QueueJob } from "../htcondor/jobs.ts";
import { hostOf } from "../htcondor/slots.ts";
import { Operation } from "../operation.ts";
import { nextTick, PATIENCE_SECONDS, patiently } from "../patience.ts";
import { acknowledge } from "./acknowledge.ts";
import { changeableAttributes } from "./diff.ts";
import { changeableIn, describedBy, driftedInputs } from "./drift.ts";
import { goneWarning, howItEnded, notThere } from "./gone.ts";
import { SEED_INPUTS } from "./guest-inputs.ts";
import { InstanceInputs, leaseSecondsOf } from "./inputs.ts";
import { leaseAttributes, leaseWanted } from "./lease.ts";
import { type Found, lookThoroughly, lookWithOthers } from "./look.ts";
import { obtainJob } from "./obtain.ts";
import { observedOutputs, outputsOf } from "./outputs.ts";
import { isStillReady, waitForOf } from "./readiness.ts";
import { settle } from "./settle.ts";
import { specOf } from "./spec.ts";
import { isAtRest, type Observation, observe } from "./state.ts";

type Properties = Record<string, unknown>;

/**
 * Makes a machine: submits its job unacknowledged, waits until the machine runs and has its address, and acknowledges
 * it as the last act. So no crash, at any point, leaves a machine that neither the state nor the deadline removes, and
 * a rerun finds its own machine again instead of making a second one.
 *
 * @throws InitializationError for what fails after the job exists, but for a job that is gone again
 */
export async function createInstance(
  inputs: Properties,
  context: Context,
  operation: Operation,
): Promise<{ id: string; outputs: Properties }> {
  const wanted = InstanceInputs.parse(inputs);
  operation.progress("submitting");
  const keys = newSealKeys();
  const job = await obtainJob(wanted, keys.publicKey, context, operation);
  // One that was taken over keeps the MAC address that it has.
  const macAddress = job.cloud?.job.spec.macAddress ?? wanted.macAddress;
  const inputsNow = { ...wanted, macAddress, consoleKey: keys.privateKey };
  const outputs = await settle({ job, seen: observe(job, undefined) }, inputsNow, context, operation, (found, within) =>
    acknowledge(found.job, leaseSecondsOf(wanted.lease), context, within),
  );
  return { id: job.globalJobId, outputs };
}

/**
 * Tells the truth about a machine, without waiting. Undefined means gone: powered off from inside, removed, or known
 * neither to the queue nor to the history. A query that fails throws: it says nothing about the machine.
 *
 * @returns `inputs` only where one was changed behind the state's back, so that it shows as drift
 * @throws JobNotFoundError where no state has it: somebody else's machine that is gone
 */
export async function readInstance(
  id: string,
  state: Properties,
  context: Context,
  operation: Operation,
): Promise<{ id: string; outputs: Properties; inputs?: Properties } | undefined> {
  if (!GlobalJobId.safeParse(id).success) throw notThere(id, "no GlobalJobId looks like this");
  const { signal, progress } = operation;
  const patience = new Operation({ timeoutSeconds: PATIENCE_SECONDS, signal, progress });
  const looked = await patiently(patience, `the reading of job ${jobIdOf(id)}`, () =>
    lookWithOthers(id, state.resourceUrn, context),
  );
  if (looked.found === undefined) {
    // Whoever reads a machine that no state has (`get`) must not go on with one that is none.
    if (state.jobId === undefined) throw notThere(id, `how it ended: ${howItEnded(looked.last)}`);
    operation.warn(goneWarning(id, state.name, looked.last));
    return undefined;
  }
  const { job, seen } = looked.found;
  const ready = isStillReady(state, seen);
  const outputs = {
    ...describedBy(job),
    ...state,
    ...changeableIn(job, state),
    ...observedOutputs(id, seen, consoleKeyOf(state)),
    ready,
    ...ownership(job),
  };
  const inputs = driftedInputs(job, state);
  return inputs === undefined ? { id, outputs } : { id, outputs, inputs };
}

/**
 * A machine that the state owns and that was not acknowledged is removed at its deadline: said in the state, for the
 * next diff, until an update acknowledges it. Absent otherwise; no output that a program sees.
 */
function ownership(job: QueueJob): { acknowledged: false | undefined } {
  return { acknowledged: job.cloud?.job.acknowledged === false ? false : undefined };
}

/**
 * Changes what can change in place, and goes on waiting for a machine that was not ready when its create ended.
 *
 * @throws JobNotFoundError when the machine is gone; InitializationError when it is not ready in time
 */
export async function updateInstance(
  id: string,
  olds: Properties,
  news: Properties,
  context: Context,
  operation: Operation,
): Promise<Properties> {
  // Key, name and MAC stay those of the creation: a resource may have moved in its program since.
  const kept = { resourceUrn: olds.resourceUrn ?? news.resourceUrn, name: olds.name ?? news.name };
  const inputs = {
    ...InstanceInputs.parse({ ...news, ...kept, ...told(olds, news), macAddress: olds.macAddress ?? news.macAddress }),
    consoleKey: consoleKeyOf(olds),
  };

  const about = `the update of job ${jobIdOf(id)}`;
  const { found, last } = await patiently(operation, about, () => lookThoroughly(id, context));
  if (found === undefined) throw gone(id, last);
  const { job, seen } = found;

  const lease = await change(found, inputs, context, operation, about);
  // The state owns the machine already, so its deadline must not end it, however long the wait is.
  const leaseUntil =
    job.cloud?.job.acknowledged === true
      ? lease?.until
      : await acknowledge(job, leaseSecondsOf(inputs.lease), context, operation);
  const now = { ...seen, leaseUntil };
  if (isAtRest(seen)) return outputsOf(id, inputs, now, olds.ready !== false);
  // What was reached is not waited for again because a label changed.
  if (isDeepStrictEqual(waitForOf(olds), inputs.waitFor) && isStillReady(olds, seen)) {
    return outputsOf(id, inputs, now, true);
  }
  return await settle({ job, seen: now }, inputs, context, operation, async () => leaseUntil);
}

/**
 * What the guest was told when it first booted: an update of a machine that ignores a change of it must not make the
 * state say that the guest knows.
 */
function told(olds: Properties, { onUserDataChange }: Properties): Properties {
  if (onUserDataChange !== "ignore") return {};
  return Object.fromEntries(SEED_INPUTS.map((name) => [name, olds[name]]));
}

/** The private key for what the node tells the machine's owner alone, where the state has it. */
function consoleKeyOf({ consoleKey }: Properties): string | undefined {
  return typeof consoleKey === "string" ? consoleKey : undefined;
}

/** Changes in place what has to be; answers the lease that the machine has then. */
async function change(
  { job }: Found,
  inputs: InstanceInputs,
  context: Context,
  operation: Operation,
  about: string,
): Promise<Lease | undefined> {
  const has = job.cloud?.job;
  const lease = leaseWanted(job, leaseSecondsOf(inputs.lease));
  const now = has === undefined ? {} : { ...changeableAttributes(has.spec), ...leaseAttributes(has.lease) };
  const wanted = { ...changeableAttributes(specOf(inputs)), ...leaseAttributes(lease) };
  if (isDeepStrictEqual(now, wanted)) return lease;
  operation.progress("changing the job");
  await patiently(operation, about, () => context.pool.edit(job.globalJobId, wanted));
  return lease;
}

function gone(id: string, seen: Observation | undefined): JobNotFoundError {
  return new JobNotFoundError(id, {
    what: `The machine of job ${jobIdOf(id)} is gone, so there is nothing to update.`,
    why: `How it ended: ${howItEnded(seen)}.`,
    remedy: "`pulumi refresh`, then `pulumi up` makes a new one.",
  });
}

/** Removes a machine and waits until its job has left the queue, for until then it holds its MAC and address. */
export async function deleteInstance(
  id: string,
  _state: Properties,
  context: Context,
  operation: Operation,
): Promise<void> {
  const about = `the machine of job ${jobIdOf(id)}`;
  const remedy = `The removal goes on by itself; \`condor_q ${jobIdOf(id)}\` shows the job until its machine has ended.`;
  for (let look = 1; ; look++) {
    const job = await patiently(operation, about, async () => {
      const found = await context.pool.find(id);
      if (found !== undefined && found.status !== JOB_STATUS.removed) await context.pool.remove(id);
      return found;
    });
    if (job === undefined) break;
    // A job without a machine leaves the queue as it is removed (measured): that is no wait.
    if (job.slot === "" && look === 1) continue;
    const doing = endingOf(job);
    operation.progress(doing);
    await nextTick(operation, `${about} was ${doing}`, remedy);
  }
  operation.progress("");
}

/** What happens to a machine whose job is being removed. */
function endingOf(job: QueueJob): string {
  const host = hostOf(job.slot);
  if (host === "") return "ending";
  return job.cloud?.job.spec.gracefulStop ? `ending on ${host}: its guest may power itself off` : `ending on ${host}`;
}
