import { z } from "zod";
import { formatImageReference, ImageReferenceText } from "../../contract/image-reference.ts";
import { WatchdogAction } from "../../contract/instance-spec.ts";
import { GlobalJobId, ImageName, InstanceName, Labels } from "../../contract/patterns.ts";
import { CUSTOM_PROFILE, type Profiles } from "../../contract/profiles.ts";
import { checkFixedAddresses } from "../address/check.ts";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { by, type Checked, shown } from "./checked.ts";
import { GuestInputs } from "./guest-inputs.ts";
import {
  DEFAULT_PROFILE,
  DEFAULT_TIMEOUT_SECONDS,
  DEFAULT_WAIT_FOR,
  LeaseText,
  ResolvedProfile,
  TimeoutSeconds,
  Timeouts,
  WaitFor,
} from "./inputs.ts";
import { checkMetaData } from "./meta-data.ts";
import { checkNetworkConfig } from "./network-config.ts";
import { NetworkInputs } from "./network-inputs.ts";
import { placementChecks } from "./placement-inputs.ts";
import { logicalNameOf, ResourceUrn } from "./resource-urn.ts";
import { checkSeedSize } from "./seed-size.ts";
import { checkSshKeys } from "./ssh-keys.ts";
import { checkUserData } from "./user-data.ts";

const BYTES_PER_GIB = 1024 ** 3;

/**
 * Checks what a program gave and fills in every default, so that create, diff and the state see whole inputs. Reports
 * all that is wrong, not the first.
 *
 * @param unknown - inputs whose values a preview does not know yet: taken as they are
 */
export async function checkInstance(
  inputs: Record<string, unknown>,
  unknown: ReadonlySet<string>,
  context: Context,
): Promise<CheckResult> {
  const given = (property: string) => inputs[property] ?? undefined;
  const known = Object.fromEntries(Object.entries(inputs).filter(([property]) => !unknown.has(property)));
  const urn = by(ResourceUrn, given("resourceUrn"));
  const checks: Record<string, () => Checked | Promise<Checked>> = {
    resourceUrn: () => urn,
    name: () => checkName(given("name"), urn),
    image: () => checkImage(given("image"), context),
    profile: () => checkProfile(given("profile") ?? DEFAULT_PROFILE, context.settings.profiles),
    network: () => by(NetworkInputs.network, given("network")),
    macAddress: () => by(NetworkInputs.macAddress, given("macAddress")),
    address: () => by(NetworkInputs.address, given("address")),
    interfaces: () => by(NetworkInputs.interfaces, given("interfaces")),
    userData: () => checkUserData(given("userData")),
    sshAuthorizedKeys: () => checkSshKeys(given("sshAuthorizedKeys")),
    hostname: () => by(GuestInputs.hostname, given("hostname")),
    metaData: () => checkMetaData(given("metaData"), known),
    networkConfig: () => checkNetworkConfig(given("networkConfig")),
    onUserDataChange: () => by(GuestInputs.onUserDataChange, given("onUserDataChange")),
    labels: () => by(Labels, given("labels") ?? {}),
    watchdog: () => by(WatchdogAction.optional(), given("watchdog")),
    gracefulStop: () => by(z.boolean(), given("gracefulStop") ?? false),
    ...placementChecks(given),
    timeoutSeconds: () => by(TimeoutSeconds, given("timeoutSeconds") ?? DEFAULT_TIMEOUT_SECONDS),
    timeouts: () => by(Timeouts, given("timeouts") ?? {}),
    lease: () => by(LeaseText.optional(), given("lease")),
    waitFor: () => by(WaitFor, given("waitFor") ?? DEFAULT_WAIT_FOR),
    maxQueueSeconds: () => by(TimeoutSeconds.optional(), given("maxQueueSeconds")),
    adopt: () => by(GlobalJobId.optional(), given("adopt")),
  };

  const result: CheckResult = { inputs: {}, failures: [] };
  for (const [property, check] of Object.entries(checks)) {
    const checked = unknown.has(property) ? { value: inputs[property] } : await check();
    if ("reason" in checked) result.failures.push({ property, reason: checked.reason });
    const value = "reason" in checked ? inputs[property] : checked.value;
    if (value !== undefined) result.inputs[property] = value;
  }
  for (const property of Object.keys(inputs)) {
    if (property in checks || given(property) === undefined) continue;
    const names = Object.keys(checks).filter((name) => !["resourceUrn", "timeouts"].includes(name));
    result.failures.push({ property, reason: `is no argument of an instance; there are ${names.join(", ")}` });
  }
  if (result.failures.length === 0) result.failures.push(...(await checkDiskSize(result.inputs, context)));
  if (result.failures.length === 0)
    result.failures.push(...(await checkFixedAddresses(result.inputs, context.settings)));
  if (result.failures.length === 0) result.failures.push(...checkSeedSize(result.inputs, unknown));
  return result;
}

function checkName(given: unknown, urn: Checked<string>): Checked {
  if (given !== undefined) return by(InstanceName, given);
  if ("reason" in urn) return { value: undefined };
  const name = InstanceName.safeParse(logicalNameOf(urn.value));
  if (name.success) return { value: name.data };
  return {
    reason: `the resource's name ${shown(logicalNameOf(urn.value))} cannot be a machine's name: it ${firstIssue(name.error)}; give one with the argument \`name\``,
  };
}

/** Pins a plain name to what it means now; makes sure that a reference means something in the store. */
async function checkImage(given: unknown, context: Context): Promise<Checked> {
  if (typeof given !== "string" || given === "") {
    return { reason: `${shown(given)}: must be an image's reference (name@sha256:…) or its name in the store` };
  }
  const reference = given.includes("@") ? by(ImageReferenceText, given) : undefined;
  if (reference !== undefined && "reason" in reference) return reference;
  const name = by(ImageName, reference?.value.name ?? given);
  if ("reason" in name) return name;

  if (context.store === undefined) {
    if (reference !== undefined) return { value: given };
    return {
      reason: `${shown(given)}: no image store is configured, so a plain name means nothing; set one with \`pulumi config set condor:store FOLDER\` (or CONDOR_CLOUD_STORE), or give the full reference name@sha256:…`,
    };
  }
  if (reference !== undefined) {
    if (await context.store.has(reference.value.digest)) return { value: given };
    return { reason: `${shown(given)}: the image store holds nothing with this digest; ${await existing(context)}` };
  }
  const manifest = await context.store.find(name.value);
  if (manifest === undefined) {
    return { reason: `${shown(given)}: the image store has no image of this name; ${await existing(context)}` };
  }
  return { value: formatImageReference(manifest) };
}

async function existing(context: Context): Promise<string> {
  const names = ((await context.store?.list()) ?? []).map((manifest) => manifest.name);
  return names.length === 0 ? "it is empty" : `it has ${names.join(", ")}`;
}

/** Resolves a profile's name, so that a changed definition of it is seen as a change of the instance. */
function checkProfile(given: unknown, profiles: Profiles): Checked<ResolvedProfile> {
  if (typeof given === "string") {
    const size = Object.hasOwn(profiles, given) ? profiles[given] : undefined;
    if (size !== undefined) return by(ResolvedProfile, { name: given, ...size });
    return { reason: `${shown(given)}: there is no such profile; there are ${described(profiles)}` };
  }
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    return by(ResolvedProfile, { name: CUSTOM_PROFILE, ...given });
  }
  const expected = `the name of a profile (${Object.keys(profiles).join(", ")}) or { memoryMiB, vcpus, diskGiB? }`;
  return { reason: `${shown(given)}: must be ${expected}` };
}

function described(profiles: Profiles): string {
  return Object.entries(profiles)
    .map(([name, { memoryMiB, vcpus, diskGiB }]) => {
      const disk = diskGiB === undefined ? "" : `, ${diskGiB} GiB disk`;
      return `${name} (${memoryMiB} MiB, ${vcpus} vCPU${disk})`;
    })
    .join(", ");
}

/** A disk never shrinks below its image: the node would refuse it, so the preview says it first. */
async function checkDiskSize(inputs: Record<string, unknown>, context: Context): Promise<CheckResult["failures"]> {
  const profile = ResolvedProfile.safeParse(inputs.profile);
  const reference = ImageReferenceText.safeParse(inputs.image);
  const diskGiB = profile.success ? profile.data.diskGiB : undefined;
  if (diskGiB === undefined || !reference.success) return [];
  const manifest = await context.store?.find(reference.data.name, reference.data.digest);
  if (manifest === undefined) return [];
  if (diskGiB * BYTES_PER_GIB >= manifest.virtualSizeBytes) return [];
  const least = Math.ceil(manifest.virtualSizeBytes / BYTES_PER_GIB);
  const reason = `diskGiB ${diskGiB}: the image ${manifest.name} has a disk of ${least} GiB, and a disk cannot be smaller than its image; give ${least} or more, or leave it out`;
  return [{ property: "profile", reason }];
}

function firstIssue(error: z.ZodError): string {
  return error.issues[0]?.message ?? "is malformed";
}
