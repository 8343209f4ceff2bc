import { isDeepStrictEqual } from "node:util";
import { CloudError } from "../errors.ts";
import { JobNotFoundError } from "../htcondor/errors.ts";
import { changeableAttributes } from "../instance/diff.ts";
import { leaseSecondsOf } from "../instance/inputs.ts";
import { leaseAttributes, leaseWanted } from "../instance/lease.ts";
import { specOf } from "../instance/spec.ts";
import { patiently } from "../patience.ts";
import type { Crew, CrewMember } from "./crew.ts";
import { partOf } from "./part.ts";

/**
 * Changes in place what has to be, of all members that the state owns: those that need the same share one command.
 *
 * @returns what went wrong, by the members' names
 */
export async function changeInPlace(crew: Crew): Promise<Map<string, CloudError>> {
  const part = partOf(crew.operation, crew.fleet.timeoutSeconds);
  const failures = new Map<string, CloudError>();
  await Promise.all(
    crew.members.map(async (member) => {
      const { name, job } = member;
      const change = changeOf(crew, member);
      if (change === undefined) return;
      try {
        const about = `the change of ${name}`;
        await patiently(part, about, () => crew.context.pool.edit(job.globalJobId, change.attributes));
        crew.change(name, { seen: { ...member.seen, leaseUntil: change.leaseUntil } });
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        if (error instanceof JobNotFoundError) crew.forget(name);
        failures.set(name, error);
      }
    }),
  );
  return failures;
}

/** What has to be set in a member's job, and when its lease ends then; undefined where it is all as it should be. */
function changeOf(crew: Crew, { name, job, isAcknowledged }: CrewMember) {
  const has = job.cloud?.job;
  // The lease of one that nobody was told about begins when it is handed over.
  if (has === undefined || !isAcknowledged) return undefined;
  const inputs = crew.inputsOf(name);
  const lease = leaseWanted(job, leaseSecondsOf(inputs.lease));
  const now = { ...changeableAttributes(has.spec), ...leaseAttributes(has.lease) };
  const attributes = { ...changeableAttributes(specOf(inputs)), ...leaseAttributes(lease) };
  return isDeepStrictEqual(now, attributes) ? undefined : { attributes, leaseUntil: lease?.until };
}
