import { z } from "zod";
import { durationSeconds } from "../../contract/duration.ts";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import { WatchdogAction } from "../../contract/instance-spec.ts";
import { GlobalJobId, InstanceName, Labels, ProfileName } from "../../contract/patterns.ts";
import { MachineSize } from "../../contract/profiles.ts";
import { GuestInputs } from "./guest-inputs.ts";
import { NetworkInputs } from "./network-inputs.ts";
import { PlacementInputs } from "./placement-inputs.ts";
import { ResourceUrn } from "./resource-urn.ts";

/** The profile where none is given. */
export const DEFAULT_PROFILE = "small";

/** How long a create waits where nothing else is said. */
export const DEFAULT_TIMEOUT_SECONDS = 600;

/** A week: a longer wait is a mistake in the unit. */
const TIMEOUT_MAX_SECONDS = 7 * 24 * 3600;

/** A time to wait, in seconds. */
export const TimeoutSeconds = z.number().positive().max(TIMEOUT_MAX_SECONDS);

/** What Pulumi's `customTimeouts` say, in seconds. */
export const Timeouts = z.strictObject({
  createSeconds: TimeoutSeconds.optional(),
  updateSeconds: TimeoutSeconds.optional(),
  deleteSeconds: TimeoutSeconds.optional(),
});

/** A profile with what it stood for when it was checked; `custom` where only a size was given. */
export const ResolvedProfile = MachineSize.extend({ name: ProfileName });
export type ResolvedProfile = z.infer<typeof ResolvedProfile>;

/** The shortest lease: HTCondor looks once a minute whether one is over. */
const LEASE_LEAST_SECONDS = 60;

/** A year: a longer lease is a mistake in the unit. */
const LEASE_MAX_SECONDS = 366 * 24 * 3600;

/** How long a machine lives unless somebody renews its lease: a duration as Go and Pulumi write it. */
export const LeaseText = z.string().refine((text) => {
  const seconds = durationSeconds(text);
  return seconds !== undefined && seconds >= LEASE_LEAST_SECONDS && seconds <= LEASE_MAX_SECONDS;
}, 'must be a duration such as "90m", "4h" or "2d", from one minute to a year');

/** A lease in whole seconds; undefined where there is none. */
export function leaseSecondsOf(lease: string | undefined): number | undefined {
  const seconds = lease === undefined ? undefined : durationSeconds(lease);
  return seconds === undefined ? undefined : Math.round(seconds);
}

/**
 * What create and update wait for: that the machine is in the queue, that its domain runs, that its address is known,
 * that its guest agent answers, that its cloud-init is done, that a TCP port of its guest accepts a connection from here.
 */
export const WaitFor = z.union(
  [
    z.enum(["submitted", "running", "address", "guest-agent", "cloud-init"]),
    z.strictObject({ tcpPort: z.int().min(1).max(65_535) }),
  ],
  'must be "submitted", "running", "address", "guest-agent", "cloud-init" or { tcpPort: 1 to 65535 }',
);
export type WaitFor = z.infer<typeof WaitFor>;

/** What is waited for where nothing else is said. */
export const DEFAULT_WAIT_FOR: WaitFor = "address";

/** The inputs of an instance as its check hands them on: every default filled in, names resolved. */
export const InstanceInputs = z.object({
  /** Who asks. Put in by the shell, never compared: a resource may move in its program. */
  resourceUrn: ResourceUrn,
  /** The machine's name and its guest's host name. Default: the resource's name in the program. */
  name: InstanceName,
  /** `name@sha256:<digest>`. Given as a plain name, it is pinned to what that name means at the time. */
  image: z.string().refine((text) => ImageReferenceText.safeParse(text).success, "must be name@sha256:<digest>"),
  /** What the machine is made of. Default: the profile `small`. */
  profile: ResolvedProfile,
  ...NetworkInputs,
  ...GuestInputs,
  ...PlacementInputs,
  /** Free text for people and programs. Default: none. */
  labels: Labels,
  /** What happens when the guest stops feeding its watchdog. Default: there is none. */
  watchdog: WatchdogAction.optional(),
  /** Whether a removal lets the guest power itself off. Default: false. */
  gracefulStop: z.boolean().default(false),
  /** How long create and update wait for the machine, in seconds. Default: 600. */
  timeoutSeconds: TimeoutSeconds,
  /** Pulumi's own `customTimeouts`; they win over {@link InstanceInputs.timeoutSeconds}. Default: none. */
  timeouts: Timeouts,
  /** How long the machine lives unless its lease is renewed. Default: until somebody removes it. */
  lease: LeaseText.optional(),
  /** What create and update wait for. Default: `address`. */
  waitFor: WaitFor.default(DEFAULT_WAIT_FOR),
  /** How long a machine may queue before create and update leave it queueing, in seconds. Default: they wait on. */
  maxQueueSeconds: TimeoutSeconds.optional(),
  /** The GlobalJobId of a living machine that create takes over instead of making one. Default: none. */
  adopt: GlobalJobId.optional(),
  /** The key of the fleet that it is a member of. Put in by the fleet, no argument. Default: of none. */
  fleet: z.string().optional(),
});
export type InstanceInputs = z.infer<typeof InstanceInputs>;
