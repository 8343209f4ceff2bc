import { jobIdOf } from "../../contract/global-job-id.ts";
import { claimsIn } from "../address/claims.ts";
import { checkDerivedMacs } from "../address/derived.ts";
import { AddressesExhaustedError } from "../address/errors.ts";
import { findPairs } from "../address/find.ts";
import { checkGuard } from "../address/guard.ts";
import { holderText } from "../address/holder.ts";
import { type Rival, rivalOf } from "../address/holding.ts";
import { givenMacsOf, wishesOf } from "../address/wishes.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import type { QueueJob } from "../htcondor/jobs.ts";
import type { Operation } from "../operation.ts";
import { nextTick, patiently } from "../patience.ts";
import { adoptOrSubmit } from "./adopt.ts";
import type { InstanceInputs } from "./inputs.ts";
import { jobOf } from "./job.ts";
import { keyOf } from "./resource-urn.ts";
import type { ChosenPairs } from "./spec.ts";

/**
 * Obtains the machine's job: an existing one, or one that is submitted, with a pair of the address pool for each interface
 * that is to have a fixed address. HTCondor runs no two machines with one pair; here it is seen to that nobody waits for
 * one in vain: whoever finds that another was quicker takes another pair, unless the program names the address.
 *
 * @param sealKey - the public key of whoever may know the console's password
 * @param known - the jobs of the machine's key, from a look that was just taken; absent: they are looked for
 * @throws what adoptOrSubmit throws; AddressesExhaustedError, MacInUseError, UnguardedError before anything is submitted
 */
export async function obtainJob(
  inputs: InstanceInputs,
  sealKey: string,
  context: Context,
  operation: Operation,
  known?: readonly QueueJob[],
): Promise<QueueJob> {
  const declared = (chosen?: ChosenPairs) => jobOf(inputs, context, operation, sealKey, chosen);
  const wishes = wishesOf(inputs);
  if (wishes.length === 0 && givenMacsOf(inputs).size === 0) {
    await patiently(operation, `the submission of ${inputs.name}`, () => checkDerivedMacs(inputs, context));
    return await adoptOrSubmit(await declared(), inputs, context, operation, known);
  }
  await checkGuard(context, operation.warn);
  const key = keyOf(inputs.resourceUrn);
  const lost = new Set<string>();
  try {
    for (;;) {
      const chosen = await choose(inputs, lost, context, operation);
      const job = await adoptOrSubmit(await declared(chosen), inputs, context, operation);
      const rival = await quickerOne(job, context);
      const isAuto = wishes.some(({ name, address }) => name === rival?.name && address === "auto");
      // One that somebody was told about keeps what it has, and so does one whose address the program names.
      if (rival === undefined || !isAuto || job.cloud?.job.acknowledged !== false) return job;
      lost.add(rival.macAddress);
      await giveUp(job, rival, context, operation);
    }
  } finally {
    claimsIn(context.pool).end(key, performance.now());
  }
}

/** Chooses the pairs; where all are held and one is about to be free, it waits for that. */
async function choose(
  inputs: InstanceInputs,
  lost: ReadonlySet<string>,
  context: Context,
  operation: Operation,
): Promise<ChosenPairs> {
  for (;;) {
    try {
      const about = `the choice of an address for ${inputs.name}`;
      return await patiently(operation, about, () => findPairs(inputs, lost, context));
    } catch (error) {
      if (!(error instanceof AddressesExhaustedError && error.isFreeing)) throw error;
      const doing = "waiting for an address whose machine is being removed";
      operation.progress(doing);
      await nextTick(operation, doing, error.message);
    }
  }
}

/** Whoever was quicker. The machine is safe without this look: HTCondor runs no two with one MAC address. */
async function quickerOne(job: QueueJob, context: Context): Promise<Rival | undefined> {
  try {
    return await rivalOf(job, context);
  } catch (error) {
    if (error instanceof CloudError) return undefined;
    throw error;
  }
}

/** Removes a job that nobody was told about. */
async function giveUp(
  job: QueueJob,
  { address, holder }: Rival,
  context: Context,
  operation: Operation,
): Promise<void> {
  operation.progress(`${address} went to ${holderText(holder)}; taking another address`);
  const about = `the removal of job ${jobIdOf(job.globalJobId)}`;
  await patiently(operation, about, () => context.pool.remove(job.globalJobId));
}
