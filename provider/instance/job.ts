import { z } from "zod";
import { ImageReferenceText } from "../../contract/image-reference.ts";
import type { CloudJob, ImageNeeds } from "../../contract/job-ad.ts";
import { encodeSeed } from "../../contract/seed.ts";
import type { Context } from "../context.ts";
import type { Operation } from "../operation.ts";
import { type InstanceInputs, leaseSecondsOf, ResolvedProfile } from "./inputs.ts";
import { type Needs, needsOf } from "./needs.ts";
import { NetworkInputs } from "./network-inputs.ts";
import { keyOf } from "./resource-urn.ts";
import { type ChosenPairs, wantedOf } from "./spec.ts";

const BYTES_PER_MIB = 1024 ** 2;

/**
 * What HTCondor waits longer than a create does before it removes a machine that nobody acknowledged. The deadline is
 * by our clock, because it is in the submission, and HTCondor goes by the access point's: ten minutes for clocks that
 * differ, and five for the last steps.
 */
const DEADLINE_MARGIN_SECONDS = 900;

/**
 * The job that makes a machine, unacknowledged.
 *
 * @param sealKey - the public key of whoever may know the console's password
 * @param chosen - the pairs for interfaces with fixed addresses
 * @throws StoreError when the image store cannot be read
 */
export async function jobOf(
  inputs: InstanceInputs,
  context: Context,
  operation: Operation,
  sealKey?: string,
  chosen?: ChosenPairs,
): Promise<CloudJob> {
  const { spec, seed } = wantedOf(inputs, chosen);
  const leaseSeconds = leaseSecondsOf(inputs.lease);
  const seconds = Number.isFinite(operation.timeoutSeconds) ? operation.timeoutSeconds : inputs.timeoutSeconds;
  return {
    key: keyOf(inputs.resourceUrn),
    ...(inputs.fleet === undefined ? {} : { fleet: inputs.fleet }),
    spec,
    imageNeeds: await imageNeedsOf(inputs.image, context),
    acknowledged: false,
    deadline: Math.ceil(Date.now() / 1000 + seconds + DEADLINE_MARGIN_SECONDS),
    ...(leaseSeconds === undefined ? {} : { lease: { seconds: leaseSeconds } }),
    ...(seed === undefined ? {} : { seed: encodeSeed(seed) }),
    ...(sealKey === undefined ? {} : { sealKey }),
    ...(isExclusive(inputs) ? { exclusive: true } : {}),
  };
}

/**
 * Whether HTCondor has to see to it that nobody else runs with a MAC address of the machine: those that a person gave, or
 * an address pool. Derived ones nobody else has.
 */
function isExclusive({ macAddress, address, interfaces }: InstanceInputs): boolean {
  const all = [{ macAddress, address }, ...Object.values(interfaces ?? {})];
  return all.some((each) => each.macAddress !== undefined || each.address !== undefined);
}

/**
 * What the image's manifest asks of a node. Where this process sees no manifest, the job says the least, and the node,
 * which goes by the manifest, refuses what it cannot do.
 */
async function imageNeedsOf(image: string, context: Context): Promise<ImageNeeds> {
  const { name, digest } = ImageReferenceText.parse(image);
  const manifest = await context.store?.find(name, digest);
  if (manifest === undefined) return { architecture: "x86_64", firmware: "bios", cacheMiB: 0, diskMiB: 0 };
  const { architecture, firmware, sizeBytes, virtualSizeBytes } = manifest;
  return { architecture, firmware, cacheMiB: mebibytes(sizeBytes), diskMiB: mebibytes(virtualSizeBytes) };
}

/**
 * What a machine needs of a node, as far as its checked inputs tell: less where a preview does not know the image yet,
 * undefined where it does not know the size.
 */
export async function needsOfInputs(inputs: Record<string, unknown>, context: Context): Promise<Needs | undefined> {
  const size = ResolvedProfile.safeParse(inputs.profile).data;
  if (size === undefined) return undefined;
  const image = ImageReferenceText.safeParse(inputs.image).success ? String(inputs.image) : undefined;
  const wired = Wired.safeParse(inputs).data;
  if (wired === undefined) return undefined;
  const spec = { size, ...wired };
  return needsOf(
    image === undefined ? { spec } : { spec: { ...spec, image }, imageNeeds: await imageNeedsOf(image, context) },
  );
}

/** What tells the networks that a machine needs. */
const Wired = z.object({ network: NetworkInputs.network, interfaces: NetworkInputs.interfaces });

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_MIB);
}
