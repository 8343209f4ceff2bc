import { z } from "zod";
import { formatImageReference, ImageReferenceText } from "../../contract/image-reference.ts";
import { WatchdogAction } from "../../contract/instance-spec.ts";
import { GlobalJobId, ImageName, InstanceName, Labels } from "../../contract/patterns.ts";
import { CUSTOM_PROFILE, type Profiles } from "../../contract/profiles.ts";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
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
import { NetworkInputs } from "./network-inputs.ts";
import { logicalNameOf, ResourceUrn } from "./resource-urn.ts";

/** One input, checked: the value to go on with, or why there is none. */
type Checked<T = unknown> = { readonly value: T } | { readonly reason: string };

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
    userData: () => by(GuestInputs.userData, given("userData")),
    sshAuthorizedKeys: () => by(GuestInputs.sshAuthorizedKeys, given("sshAuthorizedKeys")),
    hostname: () => by(GuestInputs.hostname, given("hostname")),
    metaData: () => by(GuestInputs.metaData, given("metaData")),
    networkConfig: () => by(GuestInputs.networkConfig, given("networkConfig")),
    onUserDataChange: () => by(GuestInputs.onUserDataChange, given("onUserDataChange")),
    labels: () => by(Labels, given("labels") ?? {}),
    watchdog: () => by(WatchdogAction.optional(), given("watchdog")),
    gracefulStop: () => by(z.boolean(), given("gracefulStop") ?? false),
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
    const known = Object.keys(checks).filter((name) => !["resourceUrn", "timeouts"].includes(name));
    result.failures.push({ property, reason: `is no argument of an instance; there are ${known.join(", ")}` });
  }
  if (result.failures.length === 0) result.failures.push(...(await checkDiskSize(result.inputs, context)));
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

/** Checks by a schema; the reason holds the path, what was given and what was expected. */
function by<T>(schema: z.ZodType<T>, given: unknown): Checked<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  const reasons = parsed.error.issues.map((issue) => {
    const path = issue.path.join(".");
    const value = issue.path.reduce<unknown>(
      (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
      given,
    );
    const unexpected = issue.code === "unrecognized_keys";
    return `${path === "" ? "" : `${path} `}${unexpected ? "" : `${shown(value)}: `}${issue.message}`;
  });
  return { reason: reasons.join("; ") };
}

function firstIssue(error: z.ZodError): string {
  return error.issues[0]?.message ?? "is malformed";
}

/** A value as an error shows it: quoted, and not of any length. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing was given";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
