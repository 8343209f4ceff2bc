import { jobIdOf } from "../../contract/global-job-id.ts";
import type { Context } from "../context.ts";
import { JobNotFoundError } from "../htcondor/errors.ts";
import { howItEnded } from "../instance/gone.ts";
import { lookAt, lookBack } from "../instance/look.ts";
import { isStillReady } from "../instance/readiness.ts";
import { isReady, observe } from "../instance/state.ts";
import { Operation } from "../operation.ts";
import { PATIENCE_SECONDS, patiently } from "../patience.ts";
import { FleetInputs, memberInputs } from "./inputs.ts";
import { type FleetLook, lookAtFleet, type Seat } from "./look.ts";
import { fleetOutputs } from "./record.ts";
import { asInstance, type FleetState, knownIds, stateOf } from "./state.ts";
import { isUpToDate } from "./up-to-date.ts";

type Properties = Record<string, unknown>;

/** Of so many members that are gone the history is asked how they ended; each of them takes a command. */
const TOLD_MAX = 3;

/**
 * Tells the truth about a fleet, without waiting: one question for all members, and one of the collector where any has a
 * node. Members that are gone are not among them any more, which shows as drift; the fleet itself is never gone.
 *
 * @throws JobNotFoundError where no state has it and no member lives
 */
export async function readFleet(
  id: string,
  properties: Properties,
  context: Context,
  operation: Operation,
): Promise<{ id: string; outputs: Properties }> {
  const { signal, progress } = operation;
  const patience = new Operation({ timeoutSeconds: PATIENCE_SECONDS, signal, progress });
  const state = stateOf(properties);
  const isRecorded = properties.members !== undefined;
  const { look, seats } = await patiently(patience, `the reading of the fleet ${id}`, async () => {
    const found = await lookAtFleet(id, knownIds(state), context);
    // What nobody was told about yet is no member: a create is at it, or its deadline removes it.
    const members = found.live.filter(({ job, isKnown }) => isKnown || job.cloud?.job.acknowledged === true);
    return { look: found, seats: await Promise.all(members.map((seat) => observed(seat, context))) };
  });
  if (!isRecorded && seats.length === 0) throw noFleet(id);
  if (look.gone.length > 0) operation.warn(await goneWarning(id, look.gone, context));

  const inputs = FleetInputs.safeParse(properties).data;
  const members = seats.map(({ name, job, seen }) => ({
    ...{ name, job, seen },
    isReady: readiness(state, name, job.globalJobId, seen),
    isUpToDate: inputs === undefined ? job.cloud !== undefined : isUpToDate(job, memberInputs(inputs, name)),
    isAcknowledged: job.cloud?.job.acknowledged ?? true,
  }));
  const namePrefix = inputs?.namePrefix ?? "";
  const outputs = fleetOutputs(members, namePrefix, state.consoleKey ?? "");
  // Of a fleet that no state has, how many there are to be is known to nobody but its own stack.
  const count = isRecorded ? {} : { count: members.length };
  return { id, outputs: { ...properties, ...count, unacknowledged: undefined, ...outputs } };
}

async function observed(seat: Seat, context: Context) {
  return { ...seat, seen: await lookAt(seat.job, context) };
}

function readiness(state: FleetState, name: string, id: string, seen: ReturnType<typeof observe>): boolean {
  const before = asInstance(state, name, id);
  return before === undefined ? isReady(seen, "address") : isStillReady(before, seen);
}

async function goneWarning(key: string, gone: FleetLook["gone"], context: Context): Promise<string> {
  const told = await Promise.all(
    gone.slice(0, TOLD_MAX).map(async ({ name, id, job }) => {
      const seen = job === undefined ? (await lookBack(id, context))?.seen : observe(job, undefined);
      return `${name} (job ${jobIdOf(id)}): ${howItEnded(seen)}`;
    }),
  );
  const more = gone.slice(TOLD_MAX).map(({ name }) => name);
  const rest = more.length === 0 ? [] : [`and ${more.length} more: ${more.join(", ")}`];
  const who = gone.length === 1 ? "A member" : `${gone.length} members`;
  return [
    `${who} of the fleet ${key} ${gone.length === 1 ? "is" : "are"} gone; the next \`pulumi up\` makes as many again:`,
    ...told,
    ...rest,
  ].join("\n  ");
}

function noFleet(id: string): JobNotFoundError {
  return new JobNotFoundError(id, {
    what: `There is no fleet ${JSON.stringify(id)}: no machine in the queue is a member of it.`,
    remedy: "A fleet's id is `project/stack/type/name`, as its own stack shows it (`pulumi stack --show-ids`).",
  });
}
