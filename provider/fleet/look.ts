import type { Context } from "../context.ts";
import { JOB_STATUS, type QueueJob } from "../htcondor/jobs.ts";

/** A member's job in the queue. */
export interface Seat {
  readonly name: string;
  readonly job: QueueJob;
  /** Whether the state names this very job. */
  readonly isKnown: boolean;
}

/** What the queue has of a fleet. */
export interface FleetLook {
  /** One for each name: the living. */
  readonly live: readonly Seat[];
  /** Further living jobs of names that are there already: no name may have two. */
  readonly doubles: readonly Seat[];
  /** Those on their way out: until they have left, they hold their MAC addresses. */
  readonly leaving: readonly Seat[];
  /** The members that the state names and that live no more, with what the queue still has of them. */
  readonly gone: readonly { readonly name: string; readonly id: string; readonly job: QueueJob | undefined }[];
  /** The members that the state names and that are another resource's now. */
  readonly taken: readonly Seat[];
}

/**
 * Looks for all members of a fleet with one question; members that the state names and that the answer does not show are
 * asked for by their ids, because what one query does not show is not gone yet: somebody may have edited their jobs, and
 * another access point may have them.
 *
 * @param key - the fleet's
 * @param known - the ids that the state has, by the members' names
 * @throws what the pool throws; WrongScheddError where a member lives at another access point
 */
export async function lookAtFleet(
  key: string,
  known: ReadonlyMap<string, string>,
  context: Context,
): Promise<FleetLook> {
  const nameById = new Map([...known].map(([name, id]) => [id, name]));
  const shown = await context.pool.findFleet(key);
  const ids = new Set(shown.map(({ globalJobId }) => globalJobId));
  const hidden = [...nameById.keys()].filter((id) => !ids.has(id));
  const found = await Promise.all(hidden.map((id) => context.pool.find(id)));
  const jobs = [...shown, ...found.filter((job) => job !== undefined)];

  const seats = jobs.flatMap((job): Seat[] => {
    const knownAs = nameById.get(job.globalJobId);
    const name = knownAs ?? nameIn(key, job);
    return name === undefined ? [] : [{ name, job, isKnown: knownAs !== undefined }];
  });
  const isTaken = (seat: Seat) => seat.job.cloud !== undefined && seat.job.key !== memberKey(key, seat.name);
  const mine = seats.filter((seat) => !isTaken(seat));
  const { live, doubles } = apart(mine.filter(({ job }) => isLive(job)));
  const liveIds = new Set([...live, ...doubles].map(({ job }) => job.globalJobId));
  const byId = new Map(jobs.map((job) => [job.globalJobId, job]));
  return {
    live,
    doubles,
    leaving: mine.filter(({ job }) => job.status === JOB_STATUS.removed),
    gone: [...known]
      .filter(([, id]) => !liveIds.has(id))
      .map(([name, id]) => ({ name, id, job: byId.get(id) }))
      .filter(({ name, job }) => job === undefined || !isTaken({ name, job, isKnown: true })),
    taken: seats.filter(isTaken),
  };
}

/** The key that a member's job carries. */
export function memberKey(fleetKey: string, name: string): string {
  return `${fleetKey}#${name}`;
}

/** Whether a job's machine may still come or be there. */
function isLive({ status }: QueueJob): boolean {
  return status !== JOB_STATUS.removed && status !== JOB_STATUS.completed;
}

/** Of which member a job says that it is; a machine that another resource adopted says no such thing any more. */
function nameIn(fleetKey: string, { key }: QueueJob): string | undefined {
  const start = memberKey(fleetKey, "");
  return key?.startsWith(start) ? key.slice(start.length) : undefined;
}

/** One for each name: whom the state names, else one that was acknowledged, else the one that came first. */
function apart(seats: readonly Seat[]): Pick<FleetLook, "live" | "doubles"> {
  const live = new Map<string, Seat>();
  const doubles: Seat[] = [];
  for (const seat of [...seats].sort((one, other) => claimOf(other) - claimOf(one) || byAge(one, other))) {
    if (live.has(seat.name)) doubles.push(seat);
    else live.set(seat.name, seat);
  }
  return { live: [...live.values()], doubles };
}

function claimOf({ isKnown, job }: Seat): number {
  if (isKnown) return 2;
  return job.cloud?.job.acknowledged === true ? 1 : 0;
}

function byAge(one: Seat, other: Seat): number {
  return (
    one.job.queuedAt - other.job.queuedAt ||
    one.job.clusterId - other.job.clusterId ||
    one.job.procId - other.job.procId
  );
}
