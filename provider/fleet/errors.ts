import { CloudError, type CloudErrorCode, type CloudErrorParts } from "../errors.ts";

/** Of so many members that failed their own errors are told whole. */
const TOLD_MAX = 3;

/** Some members are not what they should be. What exists of the fleet is recorded. */
export class MembersFailedError extends CloudError {
  /** The first member's. */
  readonly code: CloudErrorCode;
  /** Why, by the members' names. */
  readonly failures: ReadonlyMap<string, CloudError>;

  constructor(failures: ReadonlyMap<string, CloudError>, parts: CloudErrorParts) {
    super(parts);
    this.code = [...failures.values()][0]?.code ?? "command-failed";
    this.failures = failures;
  }
}

/** A roll stopped: the members that it did not come to are as they were. */
export class RollStoppedError extends MembersFailedError {}

/** How far a roll is. */
export interface RollCount {
  /** How many members are what the program says by now, ready or not. */
  readonly replaced: number;
  /** How many are still as they were. */
  readonly left: number;
}

/** Members of a fleet failed, and nobody is left to be replaced. */
export function membersFailed(
  prefix: string,
  count: number,
  failures: ReadonlyMap<string, CloudError>,
): MembersFailedError {
  return new MembersFailedError(failures, {
    what: `${failures.size} of the ${count} members of the fleet ${prefix} failed: ${namesOf(failures)}.`,
    why: reasonsOf(failures),
    remedy: `The other members are not affected, and all that exist are recorded. When the cause is gone, \`pulumi up\` goes on with those that failed; \`pulumi destroy\` removes the whole fleet.`,
    cause: [...failures.values()][0],
  });
}

/** Members of a fleet failed while others were still to be replaced. */
export function rollStopped(
  prefix: string,
  { replaced, left }: RollCount,
  failures: ReadonlyMap<string, CloudError>,
): RollStoppedError {
  return new RollStoppedError(failures, {
    what: `The roll of the fleet ${prefix} stopped at ${namesOf(failures)}: of its members ${replaced} are as the program says, ${left} are as they were and were not touched.`,
    why: reasonsOf(failures),
    remedy:
      "To go on: mend the cause, then `pulumi up`. To go back: undo the change in the program, then `pulumi up`; it replaces the failed ones first.",
    cause: [...failures.values()][0],
  });
}

/** Too few members serve for another one to be taken. */
export function rollStuck(
  prefix: string,
  { replaced, left }: RollCount,
  available: number,
  maxUnavailable: number,
): RollStoppedError {
  return new RollStoppedError(new Map(), {
    what: `The roll of the fleet ${prefix} cannot go on: of its members ${replaced} are as the program says, ${left} are as they were.`,
    why: `Only ${available} of its members are ready, and updateStrategy.maxUnavailable is ${maxUnavailable}: to take another one would leave too few.`,
    remedy:
      "Give a larger `maxUnavailable`, or make room for the members that queue, then `pulumi up`. To go back: undo the change in the program.",
  });
}

function namesOf(failures: ReadonlyMap<string, CloudError>): string {
  return listed([...failures.keys()]);
}

/** The first few names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const more = names.length - TOLD_MAX;
  return more > 1 ? `${names.slice(0, TOLD_MAX).join(", ")} and ${more} more` : names.join(", ");
}

/** The first members' errors whole, the others counted. */
function reasonsOf(failures: ReadonlyMap<string, CloudError>): string {
  const told = [...failures].slice(0, TOLD_MAX).map(([name, error]) => `${name}: ${error.message}`);
  const more = failures.size - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more.`] : [])].join("\n  ");
}
