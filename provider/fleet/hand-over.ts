import { CloudError } from "../errors.ts";
import { JobNotFoundError } from "../htcondor/errors.ts";
import { acknowledge } from "../instance/acknowledge.ts";
import { OrphanedError } from "../instance/errors.ts";
import { leaseSecondsOf } from "../instance/inputs.ts";
import { Operation } from "../operation.ts";
import type { Crew, CrewMember } from "./crew.ts";
import { partOf } from "./part.ts";

/** How long an operation that failed tries to hand members over: a schedd that restarts is back in 11 s. */
const LAST_ACT_SECONDS = 30;

/**
 * Hands over the members that nobody was told about yet, all at once: from now on the state owns them.
 *
 * @param inTime - whether there is time left; else (a deadline, Ctrl-C) the last act has a time of its own
 * @param whom - absent: all of them
 * @returns what went wrong, by the members' names
 * @throws OrphanedError when nobody hears the answer any more
 */
export async function handOver(
  crew: Crew,
  inTime: boolean,
  whom: (member: CrewMember) => boolean = () => true,
): Promise<Map<string, CloudError>> {
  const { operation, fleet, context } = crew;
  const within = inTime
    ? partOf(operation, fleet.timeoutSeconds)
    : new Operation({ timeoutSeconds: LAST_ACT_SECONDS, stillWanted: operation.stillWanted });
  const failures = new Map<string, CloudError>();
  const waiting = crew.members.filter((member) => !member.isAcknowledged && whom(member));
  const outcomes = await Promise.allSettled(
    waiting.map(async ({ name, job, seen }) => {
      const leaseUntil = await acknowledge(job, leaseSecondsOf(crew.inputsOf(name).lease), context, within);
      crew.change(name, { isAcknowledged: true, seen: { ...seen, leaseUntil } });
    }),
  );
  for (const [index, outcome] of outcomes.entries()) {
    const name = waiting[index]?.name ?? "";
    if (outcome.status === "fulfilled") continue;
    const { reason } = outcome;
    if (!(reason instanceof CloudError) || reason instanceof OrphanedError) throw reason;
    if (reason instanceof JobNotFoundError) crew.forget(name);
    failures.set(name, reason);
  }
  return failures;
}
