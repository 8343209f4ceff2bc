import { newSealKeys } from "../../contract/sealed.ts";
import type { Context } from "../context.ts";
import { CloudError } from "../errors.ts";
import { AlreadyExistsError, InitializationError, OrphanedError } from "../instance/errors.ts";
import { keyOf } from "../instance/resource-urn.ts";
import { Operation } from "../operation.ts";
import { patiently } from "../patience.ts";
import { converge } from "./converge.ts";
import { Crew } from "./crew.ts";
import { listed } from "./errors.ts";
import { FleetInputs } from "./inputs.ts";
import { type FleetLook, lookAtFleet } from "./look.ts";
import { askedOnce, partOf, saidOnce } from "./part.ts";
import { fleetOutputs } from "./record.ts";
import { knownIds, stateOf } from "./state.ts";

export { readFleet } from "./read.ts";
export { deleteFleet } from "./remove.ts";

type Properties = Record<string, unknown>;

/**
 * Makes a fleet: submits all members with one command, unacknowledged and with a deadline, waits for them, and hands them
 * over all at once as the last act. So no crash, at any point, leaves a machine that neither the state nor the deadline
 * removes, and a rerun finds its own members again.
 *
 * @throws AlreadyExistsError where members live that somebody was told about; InitializationError for what fails after a
 *   member exists, with all that is known of the fleet
 */
export async function createFleet(
  inputs: Properties,
  context: Context,
  operation: Operation,
): Promise<{ id: string; outputs: Properties }> {
  const fleet = FleetInputs.parse(inputs);
  const key = keyOf(fleet.resourceUrn);
  const { privateKey: consoleKey } = newSealKeys();
  const crew = new Crew({ key, fleet, consoleKey, before: stateOf({}), context, operation: shared(operation) });
  const look = await lookFirst(crew);
  crew.isUnseen = [look.live, look.doubles, look.leaving].every(({ length }) => length === 0);
  if (!context.settings.adoptExisting) refuseOwned(key, look);
  return { id: key, outputs: await bringAbout(crew, look, (found) => found.members.length > 0) };
}

/**
 * Brings a fleet to what its inputs say now, and goes on with what an earlier operation did not finish: see
 * {@link converge}.
 *
 * @throws InitializationError when a member fails, with all that is known of the fleet
 */
export async function updateFleet(
  id: string,
  olds: Properties,
  news: Properties,
  context: Context,
  operation: Operation,
): Promise<Properties> {
  // Key and names stay those of the creation: a resource may have moved in its program since.
  const kept = { resourceUrn: olds.resourceUrn ?? news.resourceUrn, namePrefix: olds.namePrefix ?? news.namePrefix };
  const fleet = FleetInputs.parse({ ...news, ...kept });
  const before = stateOf(olds);
  const consoleKey = before.consoleKey ?? newSealKeys().privateKey;
  const crew = new Crew({ key: id, fleet, consoleKey, before, context, operation: shared(operation) });
  return await bringAbout(crew, await lookFirst(crew), () => true);
}

/** Converges and answers the fleet as it is then; as it is where it fails, too, for whoever keeps the state. */
async function bringAbout(crew: Crew, look: FleetLook, isWorthRecording: (crew: Crew) => boolean): Promise<Properties> {
  try {
    await converge(crew, look);
    return outputsOf(crew);
  } catch (error) {
    // An orphan must not say that anybody owns what there is.
    if (!(error instanceof CloudError) || error instanceof OrphanedError || !isWorthRecording(crew)) throw error;
    throw new InitializationError(crew.key, outputsOf(crew), error);
  } finally {
    crew.progress.end();
  }
}

function outputsOf({ fleet, members, consoleKey }: Crew): Properties {
  const recorded = members.map((member) => ({ ...member, isUpToDate: !member.isOutdated && !member.isStrange }));
  return { ...fleet, ...fleetOutputs(recorded, fleet.namePrefix, consoleKey) };
}

async function lookFirst({ key, before, fleet, context, operation }: Crew): Promise<FleetLook> {
  const part = partOf(operation, fleet.timeoutSeconds);
  return await patiently(part, `the look at the fleet ${key}`, () => lookAtFleet(key, knownIds(before), context));
}

/** A fleet's operation, whose members ask together and say what they have to say once. */
function shared(operation: Operation): Operation {
  const { timeoutSeconds, signal, progress } = operation;
  const warn = saidOnce(operation.warn);
  const note = saidOnce(operation.note);
  const own = { signal, progress, warn, note, stillWanted: askedOnce(operation.stillWanted) };
  return new Operation(Number.isFinite(timeoutSeconds) ? { ...own, timeoutSeconds } : own);
}

/** Members that live and that somebody was told about are neither doubled nor stolen. */
function refuseOwned(key: string, { live }: FleetLook): void {
  const owned = live.filter(({ job }) => job.cloud === undefined || job.cloud.job.acknowledged);
  const [first] = owned;
  if (first === undefined) return;
  const jobs = owned.map(({ name, job }) => `${name}: job ${job.clusterId}.${job.procId} of ${job.owner}`);
  throw new AlreadyExistsError(first.job.globalJobId, {
    what: `Members of the fleet ${key} exist already: ${listed(jobs)}.`,
    why: "They were acknowledged, so either another state of this stack owns them, or a run ended just before it could record them.",
    remedy: `To take them over: \`pulumi config set condor:adoptExisting true\` for one \`pulumi up\`. If nobody needs them: \`condor_rm ${owned
      .slice(0, 20)
      .map(({ job }) => `${job.clusterId}.${job.procId}`)
      .join(
        " ",
      )}\`, then \`pulumi up\`. If another backend's state of the same project and stack owns them, give this stack another name.`,
  });
}
