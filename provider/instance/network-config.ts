import { z } from "zod";
import { bySecretly, type Checked, kindOf } from "./checked.ts";
import { readYaml } from "./yaml.ts";

/** The versions of cloud-init's network configuration (cloud-init documentation, "Network configuration sources"). */
const Version = z.looseObject({ version: z.union([z.literal(1), z.literal(2)]) });

const EXPECTED =
  "must be a mapping that says `version: 1` or `version: 2`, a number, or one `network:` around such a mapping";

const NetworkConfig = z.record(z.string(), z.json(), "must be text or an object");

/** Checks a network configuration. The reason never holds any of it, because it may be a secret. */
export function checkNetworkConfig(given: unknown): Checked {
  if (given === undefined) return { value: undefined };
  const read = typeof given === "string" ? readYaml(given, "a mapping") : bySecretly(NetworkConfig, given);
  if ("reason" in read) return typeof given === "string" ? { reason: `${kindOf(given)} ${read.reason}` } : read;
  const whole = read.value;
  const inner = typeof whole === "object" && whole !== null && "network" in whole ? whole.network : whole;
  if (Version.safeParse(inner).success) return { value: given };
  return { reason: `${kindOf(given)}: ${EXPECTED}` };
}
