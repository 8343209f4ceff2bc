import { z } from "zod";
import { InstanceInputs, TimeoutSeconds, Timeouts, WaitFor } from "../instance/inputs.ts";
import { keyOf, ResourceUrn } from "../instance/resource-urn.ts";

/** How long members beyond `minReady` are waited for while they queue, where nothing else is said. */
export const DEFAULT_MEMBER_QUEUE_SECONDS = 30;

/** The most members that one fleet may have: one submission of HTCondor takes 20,000 jobs by default. */
export const COUNT_MAX = 10_000;

/** What stands between a fleet's prefix and a member's number. */
const SEPARATOR = "-";

/** How many characters a member's number may take with what stands before it; a name has 63. */
const NUMBER_CHARACTERS = 6;

/** What members' names begin with: a DNS label that leaves room for a number. */
export const NamePrefix = z
  .string()
  .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, "must be a DNS label: lower-case letters, digits and inner hyphens")
  .max(63 - NUMBER_CHARACTERS, `must be at most ${63 - NUMBER_CHARACTERS} characters, so that a number fits behind it`);

/** How a changed template comes to the members that there are. */
export const UpdateStrategy = z
  .strictObject({
    /** So many members may be missing or not ready at a time because of it. Default: 1. */
    maxUnavailable: z.int().nonnegative().max(COUNT_MAX).default(1),
    /** So many members more than `count` may live meanwhile. Default: 0. */
    maxSurge: z.int().nonnegative().max(COUNT_MAX).default(0),
    /** What a new member must be before the next is taken. Default: the fleet's `waitFor`. */
    waitFor: WaitFor.optional(),
  })
  .refine(
    ({ maxUnavailable, maxSurge }) => maxUnavailable + maxSurge > 0,
    "maxUnavailable and maxSurge must not both be 0: no member could ever be replaced",
  );
export type UpdateStrategy = z.infer<typeof UpdateStrategy>;

/** The inputs of an instance that are a fleet's or a member's own, and not the template's. */
const OWN = {
  resourceUrn: true,
  name: true,
  timeoutSeconds: true,
  timeouts: true,
  maxQueueSeconds: true,
  adopt: true,
  fleet: true,
} as const;

/** What every member is made of, every default filled in. */
export const Template = InstanceInputs.omit(OWN);

/** What one member has otherwise than the template says, and what only one machine can have. */
export const Override = z.record(z.string(), z.unknown());

/** The inputs of a fleet as its check hands them on: every default filled in, names resolved. */
export const FleetInputs = Template.omit({ macAddress: true }).extend({
  /** Who asks. Put in by the shell, never compared. */
  resourceUrn: ResourceUrn,
  /** How many members there are to be. */
  count: z.int().nonnegative().max(COUNT_MAX),
  /** What their names begin with: `web` names them `web-0`, `web-1`, …. Default: the resource's name. */
  namePrefix: NamePrefix,
  /**
   * By a member's name, what it has otherwise than the template says: checked inputs of an instance (no defaults filled
   * in). Default: none.
   */
  overrides: z.record(z.string(), Override).default({}),
  updateStrategy: UpdateStrategy,
  /** So many members must be ready; the others may go on queueing. Default: all must. */
  minReady: z.int().nonnegative().optional(),
  /** How long members beyond `minReady` are waited for while they queue, in seconds. Default: 30. */
  maxQueueSeconds: TimeoutSeconds,
  /** The members that go first when the fleet shrinks. Default: none. */
  removeFirst: z.array(z.string()).default([]),
  /** How long create and update wait for members, in seconds: a roll has it for each batch of them. Default: 600. */
  timeoutSeconds: TimeoutSeconds,
  timeouts: Timeouts,
});
export type FleetInputs = z.infer<typeof FleetInputs>;

/** The name of a fleet's member with a number. */
export function memberName(namePrefix: string, number: number): string {
  return `${namePrefix}${SEPARATOR}${number}`;
}

/** The number of a member with this name; undefined where the name is none of this fleet's. */
export function memberNumber(namePrefix: string, name: string): number | undefined {
  const start = `${namePrefix}${SEPARATOR}`;
  const digits = name.startsWith(start) ? name.slice(start.length) : "";
  return /^(?:0|[1-9][0-9]{0,4})$/.test(digits) ? Number(digits) : undefined;
}

/** What stands for a resource's URN where a member is made: its key is the fleet's, then `#`, then its name. */
export function memberUrn(fleetUrn: string, name: string): string {
  return ResourceUrn.parse(`${fleetUrn}#${name}`);
}

/** The inputs of one member, as the instance's own lifecycle takes them. */
export function memberInputs(fleet: FleetInputs, name: string): InstanceInputs {
  const { count, namePrefix, overrides, updateStrategy, minReady, removeFirst, ...template } = fleet;
  return InstanceInputs.parse({
    ...template,
    ...(Object.hasOwn(overrides, name) ? overrides[name] : {}),
    resourceUrn: memberUrn(fleet.resourceUrn, name),
    name,
    fleet: keyOf(fleet.resourceUrn),
    maxQueueSeconds: undefined,
  });
}
