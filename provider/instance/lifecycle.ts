import { isDeepStrictEqual } from "node:util";
import { macAddressOf } from "../../contract/instance-spec.ts";
import { ATTRIBUTE, type CloudJob, encodeLabels } from "../../contract/job-ad.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import { JobNotFoundError, PoolUnreachableError } from "../htcondor/errors.ts";
import { JOB_STATUS } from "../htcondor/jobs.ts";
import type { Operation } from "../operation.ts";
import { acknowledge } from "./acknowledge.ts";
import { adoptOrSubmit } from "./adopt.ts";
import { EndedError, InitializationError, OrphanedError } from "./errors.ts";
import { InstanceInputs, specOf } from "./inputs.ts";
import { jobIdOf, NOTHING_SEEN, observedOutputs, outputsOf } from "./outputs.ts";
import { keyOf } from "./resource-urn.ts";
import { hasEnded, isReady, type Observation, observe } from "./state.ts";
import { type InstanceView, viewOf } from "./view.ts";
import { lookAt, nextTick, pastOf, waitingForPool, waitUntilReady } from "./wait.ts";

export { checkInstance } from "./check.ts";
export { diffInstance } from "./diff.ts";
export { InitializationError } from "./errors.ts";

type Properties = Record<string, unknown>;

/**
 * What HTCondor waits longer than a create does before it removes a machine that nobody acknowledged: room for the
 * last steps, for a schedd that looks once a minute, and for clocks that differ.
 */
const DEADLINE_MARGIN_SECONDS = 900;

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
  const job = await adoptOrSubmit(jobOf(wanted, operation), context, operation);
  const id = job.globalJobId;
  const outputs = await settle(id, wanted, context, operation);
  return { id, outputs };
}

function jobOf(inputs: InstanceInputs, operation: Operation): CloudJob {
  const seconds = Number.isFinite(operation.timeoutSeconds) ? operation.timeoutSeconds : inputs.timeoutSeconds;
  return {
    key: keyOf(inputs.resourceUrn),
    spec: specOf(inputs),
    acknowledged: false,
    deadline: Math.ceil(Date.now() / 1000 + seconds + DEADLINE_MARGIN_SECONDS),
  };
}

/** Waits for a machine and acknowledges it, also when the wait fails, so that the state owns what exists. */
async function settle(id: string, inputs: InstanceInputs, context: Context, operation: Operation): Promise<Properties> {
  let seen = NOTHING_SEEN;
  try {
    seen = await waitUntilReady(id, context, operation, (observation) => {
      seen = observation;
    });
    await acknowledge(id, context, operation);
    return outputsOf(id, inputs, seen);
  } catch (error) {
    // What is gone needs no owner, and an orphan must not give it one.
    const unowned = error instanceof EndedError || error instanceof JobNotFoundError || error instanceof OrphanedError;
    if (unowned || !(error instanceof CloudError)) throw error;
    await acknowledge(id, context, operation).catch(ignoreCloudError);
    throw new InitializationError(id, outputsOf(id, inputs, seen), error);
  } finally {
    operation.progress("");
  }
}

/** The error that is being reported already says what to do, and an unacknowledged job has its deadline. */
function ignoreCloudError(error: unknown): void {
  if (!(error instanceof CloudError)) throw error;
}

/**
 * Tells the truth about a machine, without waiting. Undefined means gone: powered off from inside, removed, or known
 * neither to the queue nor to the history. A query that fails throws: it says nothing about the machine.
 *
 * @returns `inputs` only where one was changed behind the state's back, so that it shows as drift
 */
export async function readInstance(
  id: string,
  state: Properties,
  context: Context,
): Promise<{ id: string; outputs: Properties; inputs?: Properties } | undefined> {
  const job = await context.pool.find(id);
  if (job === undefined) {
    await pastOf(id, context);
    return undefined;
  }
  const seen = await lookAt(job, context);
  if (hasEnded(seen)) return undefined;

  const labels = job.cloud?.job.spec.labels ?? state.labels ?? {};
  const outputs = { ...state, labels, ...observedOutputs(id, seen) };
  if (isDeepStrictEqual(labels, state.labels ?? {})) return { id, outputs };
  return { id, outputs, inputs: { ...inputsIn(state), labels } };
}

/** The inputs among a state's properties. A MAC address that was derived was none. */
function inputsIn(state: Properties): Properties {
  const inputs = Object.keys(InstanceInputs.shape)
    .filter((name) => state[name] !== undefined)
    .map((name) => [name, state[name]]);
  const { macAddress, ...rest } = Object.fromEntries(inputs);
  const derived = typeof rest.resourceUrn === "string" ? macAddressOf(keyOf(rest.resourceUrn)) : undefined;
  return macAddress === undefined || macAddress === derived ? rest : { ...rest, macAddress };
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
  const inputs = InstanceInputs.parse({ ...news, ...kept, macAddress: olds.macAddress ?? news.macAddress });

  const job = await context.pool.find(id);
  if (job === undefined) throw gone(id);
  const seen = await lookAt(job, context);
  if (hasEnded(seen)) throw gone(id, seen);

  if (!isDeepStrictEqual(job.cloud?.job.spec.labels, inputs.labels)) {
    operation.progress("setting the labels");
    await context.pool.edit(id, { [ATTRIBUTE.labels]: encodeLabels(inputs.labels) });
  }
  if (isReady(seen) && job.cloud?.job.acknowledged === true) return outputsOf(id, inputs, seen);
  return await settle(id, inputs, context, operation);
}

function gone(id: string, seen?: Observation): JobNotFoundError {
  return new JobNotFoundError(id, {
    what: `The machine of job ${jobIdOf(id)} is gone, so there is nothing to update.`,
    why: seen?.message,
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
  const remedy = `The removal goes on by itself; \`condor_q ${jobIdOf(id)}\` shows the job until its machine has ended.`;
  for (let doing = "ending"; ; ) {
    try {
      const job = await context.pool.find(id);
      if (job === undefined) break;
      if (job.status !== JOB_STATUS.removed) await context.pool.remove(id);
      const { host } = observe(job, undefined);
      doing = host === "" ? "ending" : `ending on ${host}`;
    } catch (error) {
      if (!(error instanceof PoolUnreachableError)) throw error;
      doing = waitingForPool(error);
    }
    operation.progress(doing);
    await nextTick(operation, `the machine of job ${jobIdOf(id)} was ${doing}`, remedy);
  }
  operation.progress("");
}

/** All machines in the queue, of every stack and owner; without those that ended, and those that break the contract. */
export async function listInstances(context: Context): Promise<InstanceView[]> {
  const now = Date.now();
  return (await context.pool.list())
    .flatMap(({ job, report }) => viewOf(job, report, now) ?? [])
    .filter((view) => view.state !== "removed" && view.state !== "completed")
    .sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

/** The machines that use an image, and would miss it if they had to start again; whoever owns them. */
export async function imageUsers(context: Context, digest: string): Promise<InstanceView[]> {
  const now = Date.now();
  return (await context.pool.withImage(digest))
    .flatMap((job) => viewOf(job, undefined, now) ?? [])
    .filter((view) => view.state !== "removed" && view.state !== "completed");
}
