import { isDeepStrictEqual } from "node:util";
import { encodeText } from "../../contract/classad.ts";
import { jobIdOf } from "../../contract/global-job-id.ts";
import type { InstanceSpec } from "../../contract/instance-spec.ts";
import { ATTRIBUTE, type CloudJob } from "../../contract/job-ad.ts";
import type { Context } from "../context.ts";
import { InvalidInputError } from "../errors.ts";
import { JobNotFoundError } from "../htcondor/errors.ts";
import { JOB_STATUS, type QueueJob } from "../htcondor/jobs.ts";
import { changeableAttributes } from "./diff.ts";
import { lookBack } from "./look.ts";

/**
 * Takes over a living machine for a resource: from now on it carries the resource's key. One that somebody acknowledged
 * stays so, for its deadline is long over; one that nobody acknowledged gets the deadline of this create.
 *
 * @param macIsGiven - whether the program names a MAC address; otherwise the machine's own will do
 * @returns undefined where the machine was this resource's already and has ended: then there is nothing to take over
 * @throws JobNotFoundError when the machine is gone; InvalidInputError when it is not what is declared
 */
export async function takeOver(
  id: string,
  wanted: CloudJob,
  macIsGiven: boolean,
  context: Context,
): Promise<QueueJob | undefined> {
  const job = await context.pool.find(id);
  if (job === undefined || job.status === JOB_STATUS.removed || job.status === JOB_STATUS.completed) {
    const past = job ?? (await lookBack(id, context))?.job;
    if (past?.key === wanted.key) return undefined;
    throw gone(id);
  }
  const has = job.cloud?.job;
  if (has === undefined) throw unreadable(id);
  const differing = differences(wanted.spec, has.spec, macIsGiven);
  if (differing.length > 0) throw notAsDeclared(id, differing);
  await context.pool.edit(id, {
    [ATTRIBUTE.key]: encodeText(wanted.key),
    ...changeableAttributes(wanted.spec),
    ...(has.acknowledged ? {} : { [ATTRIBUTE.deadline]: wanted.deadline }),
  });
  return job;
}

/** What cannot change in place and differs, a line for each. */
export function differences(wanted: InstanceSpec, has: InstanceSpec, macIsGiven: boolean): string[] {
  const pairs: [name: string, wanted: unknown, has: unknown][] = [
    ["name", wanted.name, has.name],
    ["image", wanted.image, has.image],
    ["profile.memoryMiB", wanted.size.memoryMiB, has.size.memoryMiB],
    ["profile.vcpus", wanted.size.vcpus, has.size.vcpus],
    ["profile.diskGiB", wanted.size.diskGiB, has.size.diskGiB],
    ["network", wanted.network, has.network],
    ["watchdog", wanted.watchdog, has.watchdog],
    ["requirements", wanted.placement?.requirements, has.placement?.requirements],
    ["accountingGroup", wanted.placement?.accountingGroup, has.placement?.accountingGroup],
    ["address", wanted.address, has.address],
    ["interfaces", furtherOf(wanted, macIsGiven), furtherOf(has, macIsGiven)],
    ["what its guest is told (userData and the like)", wanted.seed, has.seed],
    ["macAddress", macIsGiven ? wanted.macAddress : has.macAddress, has.macAddress],
  ];
  return pairs
    .filter(([, asked, there]) => !isDeepStrictEqual(asked, there))
    .map(([name, asked, there]) => `${name}: the machine has ${shown(there)}, declared is ${shown(asked)}`);
}

/** The interfaces beside the main one; without their MAC addresses where the machine's own will do. */
function furtherOf({ interfaces }: InstanceSpec, macIsGiven: boolean): unknown {
  if (interfaces === undefined || macIsGiven) return interfaces;
  const rest = Object.entries(interfaces).map(([name, { network, address }]) => [name, { network, address }]);
  return Object.fromEntries(rest);
}

function shown(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}

function gone(id: string): JobNotFoundError {
  return new JobNotFoundError(id, {
    what: `There is no living machine ${id} to adopt.`,
    why: "Its job is not in the queue, or is being removed.",
    remedy:
      "`condor-cloud instance list --json` shows the ids of those that live. Without the argument `adopt`, `pulumi up` makes a new machine.",
  });
}

function unreadable(id: string): InvalidInputError {
  return new InvalidInputError({
    what: `The job ${id} cannot be adopted: it cannot be read as a machine.`,
    why: "It was not submitted by this package's contract, or somebody edited its attributes.",
    remedy: `\`condor_q -long ${jobIdOf(id)}\` shows it; docs/adopt.md says what a job must look like.`,
  });
}

function notAsDeclared(id: string, differing: readonly string[]): InvalidInputError {
  return new InvalidInputError({
    what: `The machine of job ${jobIdOf(id)} (${id}) cannot be adopted: it is not what is declared.`,
    why: differing.join("\n  "),
    remedy: `Declare what the machine has, then \`pulumi up\`. To leave it alone, take out \`adopt\`; if nobody needs it, \`condor_rm ${jobIdOf(id)}\`.`,
  });
}
