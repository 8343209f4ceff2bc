import { z } from "zod";
import { encodeSeed, SEED_MAX_BYTES, SEED_UNPACKED_MAX_BYTES, type Seed } from "../../contract/seed.ts";
import type { CheckResult } from "../check.ts";
import { GuestInputs, SEED_INPUTS } from "./guest-inputs.ts";
import { InstanceInputs } from "./inputs.ts";
import { seedOf } from "./seed.ts";
import { wantedOf } from "./spec.ts";

/**
 * Checks that what a guest is told fits into its job.
 *
 * @param inputs - checked
 * @param unknown - inputs whose values a preview does not know yet: they count nothing
 */
export function checkSeedSize(
  inputs: Readonly<Record<string, unknown>>,
  unknown: ReadonlySet<string>,
): CheckResult["failures"] {
  const seed = seedIn(inputs, unknown);
  if (seed === undefined) return [];
  const [packed, plain] = [encodeSeed(seed).length, sizeOf(seed)];
  const [bytes, most, how] =
    packed > SEED_MAX_BYTES
      ? [packed, SEED_MAX_BYTES, "compressed and in base64"]
      : [plain, SEED_UNPACKED_MAX_BYTES, "as JSON"];
  if (bytes <= most) return [];
  const known = SEED_INPUTS.filter((name) => inputs[name] !== undefined && !unknown.has(name));
  const [largest = "userData"] = known.sort((one, other) => sizeOf(inputs[other]) - sizeOf(inputs[one]));
  const reason = `all that the guest is told takes ${bytes} bytes, ${how}, and may take ${most}; most of it is ${largest}: write less, let the guest fetch what is large (\`#include\` and a URL, or curl in \`runcmd\`), or put it into the image`;
  return [{ property: largest, reason }];
}

/** What the guest is told, as far as it is known. */
function seedIn(inputs: Readonly<Record<string, unknown>>, unknown: ReadonlySet<string>): Seed | undefined {
  const whole = InstanceInputs.safeParse(inputs).data;
  if (whole !== undefined) return wantedOf(whole).seed;
  const guest: Record<string, unknown> = {};
  for (const name of SEED_INPUTS) if (!unknown.has(name)) guest[name] = inputs[name];
  const parsed = Guest.safeParse(guest).data;
  return parsed === undefined ? undefined : seedOf({ name: "", ...parsed }, new Map());
}

const Guest = z.object(GuestInputs);

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}
