import type { CloudError } from "../errors.ts";
import { OrphanedError } from "../instance/errors.ts";
import type { Operation } from "../operation.ts";
import { patiently } from "../patience.ts";
import { bringUp } from "./bring-up.ts";
import { changeInPlace } from "./change.ts";
import type { Crew, CrewMember } from "./crew.ts";
import { listed, membersFailed, type RollCount, rollStopped, rollStuck } from "./errors.ts";
import { handOver } from "./hand-over.ts";
import { type FleetLook, lookAtFleet } from "./look.ts";
import { partOf } from "./part.ts";
import { planSize } from "./plan.ts";
import { knownIds } from "./state.ts";
import { floorOf, nextWave } from "./waves.ts";

/**
 * Brings a fleet to what it is to be: first its size and what changes in place, then, wave by wave, the members that are
 * not what the program says any more. Every step goes by what the queue has, so that a rerun after a crash at any point
 * goes on from there. The crew is as the fleet is, also when this throws.
 *
 * @param look - what the queue had when the operation began
 * @throws MembersFailedError, RollStoppedError; OrphanedError when nobody hears the answer any more
 */
export async function converge(crew: Crew, look: FleetLook): Promise<void> {
  await checkWanted(crew.operation);
  let floor: number | undefined;
  for (let latest = look; ; latest = await lookAgain(crew)) {
    await crew.muster(latest.live);
    await toSize(crew, latest);
    const strategy = crew.fleet.updateStrategy;
    floor ??= floorOf(crew.members, crew.fleet.minReady ?? crew.fleet.count, strategy.maxUnavailable);
    const wave = nextWave(crew.members, { ...crew.fleet, ...strategy, floor });
    if (wave.kind === "done") break;
    if (wave.kind === "stuck") {
      throw rollStuck(crew.fleet.namePrefix, countOf(crew), wave.available, strategy.maxUnavailable);
    }
    tellRoll(crew);
    crew.goal = strategy.waitFor;
    await replace(crew, wave.replace, wave.lend);
    if (!crew.members.some(({ isOutdated }) => isOutdated)) break;
  }
  crew.progress.head("");
  await remove(crew, membersOf(crew, crew.lent));
  if (crew.goal === undefined) return;
  // They were waited for otherwise than the program says.
  crew.goal = undefined;
  await crew.muster((await lookAgain(crew)).live);
  throwOn(await bringUp(crew, { obtain: [], await: unfinished(crew) }), crew);
}

/** One wave: these are removed and made again, those are lent besides; until all of them are as they should be. */
async function replace(crew: Crew, names: readonly string[], lend: readonly string[]): Promise<void> {
  for (const name of lend) crew.lent.add(name);
  await remove(crew, membersOf(crew, names));
  throwOn(await bringUp(crew, { obtain: [...names, ...lend], await: [], isWave: true }), crew);
}

function membersOf(crew: Crew, names: Iterable<string>): CrewMember[] {
  return [...names].flatMap((name) => crew.member(name) ?? []);
}

/** Makes the fleet as large as it is to be, changes in place what has to be, and waits for whoever is not ready. */
async function toSize(crew: Crew, look: FleetLook): Promise<void> {
  warnOfStrange(crew, look);
  const { count, namePrefix, removeFirst } = crew.fleet;
  const own = crew.members.filter(({ name }) => !crew.lent.has(name));
  const died = look.gone.map(({ name }) => name);
  const plan = planSize(own, { count, namePrefix, removeFirst, previousCount: crew.before.count, died });
  await remove(crew, [...plan.drop, ...look.doubles]);

  // What a dead operation left behind and nobody was told about, is taken up as its own create would.
  const orphans = plan.keep.filter((member) => !member.isAcknowledged && !member.isKnown);
  for (const { name } of orphans) crew.forget(name);
  const failures = await handOver(crew, true, ({ isKnown }) => isKnown);
  for (const [name, failure] of await changeInPlace(crew)) failures.set(name, failure);
  const obtain = [...orphans.map(({ name }) => name), ...plan.make];
  for (const [name, failure] of await bringUp(crew, { obtain, await: unfinished(crew) })) failures.set(name, failure);
  throwOn(failures, crew);
}

/** Who is as it should be and not ready; a member that somebody put to rest is woken by whoever did. */
function unfinished(crew: Crew): string[] {
  return crew.members
    .filter((member) => !member.isOutdated && !member.isAvailable && !member.isStrange && !crew.wasLeft(member))
    .map(({ name }) => name);
}

/** Has members removed, all with one command; their names are free once their jobs have left the queue. */
async function remove(crew: Crew, members: readonly Pick<CrewMember, "name" | "job">[]): Promise<void> {
  if (members.length === 0) return;
  await checkWanted(crew.operation);
  const part = partOf(crew.operation, crew.fleet.timeoutSeconds);
  const ids = members.map(({ job }) => job.globalJobId);
  await patiently(part, `the removal of ${listed(members.map(({ name }) => name))}`, () =>
    Promise.all(ids.map((id) => crew.context.pool.remove(id))),
  );
  const removed = new Set(ids);
  for (const { name, job } of crew.members) if (removed.has(job.globalJobId)) crew.forget(name);
}

async function lookAgain(crew: Crew): Promise<FleetLook> {
  const part = partOf(crew.operation, crew.fleet.timeoutSeconds);
  part.check("rolling the fleet", "`pulumi up` goes on.");
  // What the state knew of replaced members is of no use any more.
  const known = new Map([...knownIds(crew.before)].filter(([name, id]) => crew.member(name)?.job.globalJobId === id));
  return await patiently(part, `the look at the fleet ${crew.key}`, () => lookAtFleet(crew.key, known, crew.context));
}

/** An orphan must change nothing: a rerun may be at work on the same fleet already. */
async function checkWanted(operation: Operation): Promise<void> {
  if (await operation.stillWanted()) return;
  throw new OrphanedError({
    what: "Whoever asked for the fleet is gone, so nothing more was done for it.",
    remedy: "The next `pulumi up` goes on.",
  });
}

function throwOn(failures: ReadonlyMap<string, CloudError>, crew: Crew): void {
  if (failures.size === 0) return;
  const { namePrefix, count } = crew.fleet;
  const roll = countOf(crew);
  throw roll.left > 0 ? rollStopped(namePrefix, roll, failures) : membersFailed(namePrefix, count, failures);
}

function countOf(crew: Crew): RollCount {
  const own = crew.members.filter(({ name }) => !crew.lent.has(name));
  const left = own.filter(({ isOutdated }) => isOutdated).length;
  return { replaced: own.length - left, left };
}

function tellRoll(crew: Crew): void {
  const { replaced, left } = countOf(crew);
  crew.progress.head(`rolling: ${replaced} of ${replaced + left} replaced`);
}

function warnOfStrange(crew: Crew, { taken }: FleetLook): void {
  for (const { name, job, isStrange } of crew.members) {
    if (!isStrange) continue;
    const number = `${job.clusterId}.${job.procId}`;
    crew.operation.warn(
      `${name} (job ${number}) cannot be read as a machine: somebody edited its attributes, or another version of this package submitted it. It is left alone, and no other is made in its place. If nobody needs it: \`condor_rm ${number}\`, then \`pulumi up\`.`,
    );
  }
  for (const { name, job } of taken) {
    crew.operation.warn(
      `${name} (job ${job.clusterId}.${job.procId}) is another resource's machine now (${job.key}); the fleet leaves it alone.`,
    );
  }
}
