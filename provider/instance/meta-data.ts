import { bySecretly, type Checked } from "./checked.ts";
import { GuestInputs } from "./guest-inputs.ts";

/** What has an argument of its own. */
const OWN_ARGUMENT = { "local-hostname": "hostname", "public-keys": "sshAuthorizedKeys" } as const;

/**
 * Checks more of the meta-data. The reason names its keys and never holds a value, because that may be a secret.
 *
 * @param beside - the other arguments, as far as they are known
 */
export function checkMetaData(given: unknown, beside: Readonly<Record<string, unknown>>): Checked {
  const metaData = bySecretly(GuestInputs.metaData, given);
  if ("reason" in metaData || metaData.value === undefined) return metaData;
  if ("instance-id" in metaData.value) {
    return {
      reason:
        "instance-id is the machine's own, by which cloud-init tells a new machine from one that boots again; leave it out",
    };
  }
  for (const [key, argument] of Object.entries(OWN_ARGUMENT)) {
    if (key in metaData.value && (beside[argument] ?? undefined) !== undefined) {
      return { reason: `${key} says what the argument ${argument} says too; give one of the two` };
    }
  }
  return metaData;
}
