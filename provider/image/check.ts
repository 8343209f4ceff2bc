import { Architecture, machineTypeOf } from "../../contract/image-manifest.ts";
import type { CheckResult } from "../check.ts";
import type { Context } from "../context.ts";
import { InvalidInputError } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { ImageArguments } from "./inputs.ts";
import { readSource } from "./source.ts";

type Inputs = Record<string, unknown>;
type Failures = CheckResult["failures"];

/** What the host adds to a person's own arguments; passed on unchanged. */
const HOST_INPUTS = ["resourceUrn", "timeouts"];

/**
 * Validates an image's arguments, fills in the defaults and reads what the source holds, so that the preview can tell
 * a changed image from a moved one.
 *
 * @param inputs - the arguments, and `resourceUrn`, whose last part is the default for `name`
 * @param unknown - the arguments whose values are not known yet: passed on as they are
 * @param olds - the checked inputs of the last time; they spare reading a file that has not changed since
 */
export async function checkImage(
  inputs: Readonly<Inputs>,
  unknown: ReadonlySet<string>,
  context: Context,
  olds: Readonly<Inputs>,
  operation: Operation,
): Promise<CheckResult> {
  const given: Inputs = { ...inputs, name: inputs.name ?? logicalName(inputs.resourceUrn) };
  const checked: Inputs = Object.fromEntries(HOST_INPUTS.map((property) => [property, inputs[property]]));
  const failures = foreignArguments(inputs);

  for (const [property, schema] of Object.entries(ImageArguments.shape)) {
    checked[property] = given[property];
    if (unknown.has(property)) continue;
    const parsed = schema.safeParse(given[property]);
    if (parsed.success) checked[property] = parsed.data;
    else if (property === "name" && inputs.name === undefined) failures.push(logicalNameFailure(given.name));
    else failures.push(...parsed.error.issues.map(({ path, message }) => ({ property, reason: at(path, message) })));
  }
  // Filled in, so that state and preview show what an image without one will boot on.
  const architecture = Architecture.safeParse(checked.architecture);
  if (architecture.success) checked.machineType ??= machineTypeOf({ architecture: architecture.data });
  failures.push(...impossibleGuest(checked));
  if (context.store === undefined) failures.push(noStoreFailure());

  if (failures.length > 0 || unknown.has("source")) return { inputs: checked, failures };
  try {
    return { inputs: { ...checked, ...(await readSource(String(checked.source), olds, operation)) }, failures };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { inputs: checked, failures: [{ property: "source", reason: error.message }] };
  }
}

function foreignArguments(inputs: Readonly<Inputs>): Failures {
  const known = [...Object.keys(ImageArguments.shape), ...HOST_INPUTS];
  return Object.keys(inputs)
    .filter((property) => !known.includes(property) && inputs[property] !== undefined)
    .map((property) => ({
      property,
      reason: `an image has no such argument; it has ${Object.keys(ImageArguments.shape).join(", ")}`,
    }));
}

/** What each argument allows and no execute node can boot. */
function impossibleGuest({ architecture, firmware }: Inputs): Failures {
  if (architecture !== "i686" || firmware !== "uefi") return [];
  const reason = `"uefi" for the architecture i686: execute nodes have UEFI firmware for x86_64 alone; give "bios"`;
  return [{ property: "firmware", reason }];
}

/** The resource's name in the program: the last part of `urn:pulumi:<stack>::<project>::<type>::<name>`. */
function logicalName(urn: unknown): string | undefined {
  return typeof urn === "string" ? urn.split("::").slice(3).join("::") : undefined;
}

function logicalNameFailure(name: unknown): Failures[number] {
  return {
    property: "name",
    reason:
      `the resource's own name ${JSON.stringify(name)} cannot be the image's name in the store, ` +
      'which is lower-case letters and digits joined by ".", "_" or "-": give one, as in name: "debian-13"',
  };
}

function noStoreFailure(): Failures[number] {
  return {
    property: "source",
    reason:
      "no image store is configured: name the folder that the execute nodes read, " +
      "with `pulumi config set condor:store FOLDER` or in CONDOR_CLOUD_STORE",
  };
}

function at(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}
