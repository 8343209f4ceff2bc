import { z } from "zod";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import { DEFAULT_NETWORK, type InstanceSpec, macAddressOf, WatchdogAction } from "../../contract/instance-spec.ts";
import { InstanceName, Labels, MacAddress, ProfileName } from "../../contract/patterns.ts";
import { MachineSize } from "../../contract/profiles.ts";
import { keyOf, ResourceUrn } from "./resource-urn.ts";

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
  /** Default: derived from the resource's URN, so that it survives a replacement. */
  macAddress: MacAddress.optional(),
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
});
export type InstanceInputs = z.infer<typeof InstanceInputs>;

/** What is asked of the pool. */
export function specOf(inputs: InstanceInputs): InstanceSpec {
  const { name: profile, ...size } = inputs.profile;
  return {
    name: inputs.name,
    image: inputs.image,
    profile,
    size,
    network: DEFAULT_NETWORK,
    macAddress: inputs.macAddress ?? macAddressOf(keyOf(inputs.resourceUrn)),
    labels: inputs.labels,
    ...(inputs.watchdog === undefined ? {} : { watchdog: inputs.watchdog }),
    gracefulStop: inputs.gracefulStop,
  };
}
