import { jobIdOf } from "../../contract/global-job-id.ts";
import { interfacesOf } from "../../contract/interfaces.ts";
import type { Context } from "../context.ts";
import { CommandError, PoolUnreachableError } from "../htcondor/errors.ts";
import type { MacHolder } from "../htcondor/holders.ts";
import { JOB_STATUS, type QueueJob } from "../htcondor/jobs.ts";
import type { InstanceInputs } from "../instance/inputs.ts";
import { keyOf } from "../instance/resource-urn.ts";
import type { AddressPair, ChosenPairs } from "../instance/spec.ts";
import { choosePairs } from "./choose.ts";
import { claimsIn } from "./claims.ts";
import { MacInUseError } from "./errors.ts";
import { holderOf, holderText } from "./holder.ts";
import { addressPoolOf } from "./pool.ts";
import { givenMacsOf, propertyOf, wishesOf } from "./wishes.ts";

/**
 * Finds a pair of the address pool for each interface of a machine that is to have one, and takes them for this process.
 *
 * @param lost - the MAC addresses that others were quicker to take
 * @throws AddressesExhaustedError; MacInUseError where a live job has a MAC address that the program gives
 */
export async function findPairs(
  inputs: InstanceInputs,
  lost: ReadonlySet<string>,
  context: Context,
): Promise<ChosenPairs> {
  const { pool, settings } = context;
  const key = keyOf(inputs.resourceUrn);
  const wishes = wishesOf(inputs);
  const lookedAt = performance.now();
  // Before the holders: one of our own that leaves the queue in between would be a stranger among them.
  const own = await pool.findOwn(key);
  const [adopted, holders, addresses] = await Promise.all([
    inputs.adopt === undefined ? undefined : pool.find(inputs.adopt),
    pool.holders(key),
    wishes.length === 0 ? [] : addressPoolOf(settings),
  ]);
  const mine = [...own, ...(adopted === undefined ? [] : [adopted])].filter(isThere);
  const ids = new Set(mine.map(({ globalJobId }) => globalJobId));
  // Where a job of this machine has it first, another's is no hindrance: HTCondor keeps that one waiting.
  const heldBy = (macAddress: string) => unless(ids, holderOf(macAddress, holders));
  checkGiven(inputs, heldBy);

  const kept = pairsOfJobs(mine.filter((job) => job === adopted || (settings.adoptExisting && isAcknowledged(job))));
  const previous = new Map([...(await pairsOfPast(key, context)), ...pairsOfJobs(mine)]);
  const claims = claimsIn(pool);
  const chosen = choosePairs(
    wishes.filter(({ name, address }) => address !== "auto" || !kept.has(name)),
    addresses ?? [],
    { key, heldBy, claimedBy: (macAddress) => claims.takenBy(macAddress, key, lookedAt), previous, lost },
  );
  const auto = wishes.flatMap(({ name, address }) => (address === "auto" ? [name] : []));
  const all = new Map([...chosen, ...[...kept].filter(([name]) => auto.includes(name))]);
  claims.take(
    key,
    [...all.values()].map(({ macAddress }) => macAddress),
  );
  return all;
}

/** A MAC address that a program gives must be free: to wait for it, there are fixed addresses. */
function checkGiven(inputs: InstanceInputs, heldBy: (macAddress: string) => MacHolder | undefined): void {
  for (const [name, macAddress] of givenMacsOf(inputs)) {
    const holder = heldBy(macAddress);
    if (holder !== undefined) throw macInUse(name, macAddress, holder);
  }
}

/** The pairs of jobs by their interfaces' names. */
function pairsOfJobs(jobs: readonly QueueJob[]): Map<string, AddressPair> {
  return new Map(
    jobs.flatMap(({ cloud }) =>
      cloud === undefined
        ? []
        : [...interfacesOf(cloud.job.spec)].flatMap(([name, { macAddress, address }]) =>
            address === undefined ? [] : [[name, { macAddress, address }] as const],
          ),
    ),
  );
}

/** The pairs that the machine had before. What an access point's history does not tell is no reason to fail. */
async function pairsOfPast(key: string, { pool }: Context): Promise<Map<string, AddressPair>> {
  try {
    const job = await pool.lastWithKey(key);
    return pairsOfJobs(job === undefined ? [] : [job]);
  } catch (error) {
    if (error instanceof CommandError && !(error instanceof PoolUnreachableError)) return new Map();
    throw error;
  }
}

function unless(ids: ReadonlySet<string>, holder: MacHolder | undefined): MacHolder | undefined {
  return holder !== undefined && ids.has(holder.globalJobId) ? undefined : holder;
}

function isThere({ status }: QueueJob): boolean {
  return status !== JOB_STATUS.completed;
}

function isAcknowledged({ status, cloud }: QueueJob): boolean {
  return status !== JOB_STATUS.removed && cloud?.job.acknowledged === true;
}

function macInUse(name: string, macAddress: string, holder: MacHolder): MacInUseError {
  const number = jobIdOf(holder.globalJobId);
  return new MacInUseError({
    what: `${propertyOf(name, "macAddress")} ${macAddress} is held by ${holderText(holder)}.`,
    why: "Two machines with one MAC address disturb each other's network. Nothing was submitted.",
    remedy: `Give another one, or leave it out: then it is derived from the resource's URN. If nobody needs that machine: \`condor_rm ${number}\`, then \`pulumi up\`.`,
  });
}
