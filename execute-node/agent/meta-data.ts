import type { Seed } from "../../contract/seed.ts";

/** What reads as a text without quotes in YAML 1.1, which cloud-init reads, and in 1.2. */
const PLAIN = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9.-]*$/i;

/**
 * A seed's file `meta-data` (cloud-init documentation, "NoCloud"): a mapping in YAML, one line a name. What the user says
 * counts, but for the instance's id: by that a guest tells its first boot from the next ones.
 *
 * @param name - the guest's, unless the seed says another
 */
export function metaDataText(instanceId: string, name: string, metaData: Seed["metaData"]): string {
  const entries = Object.entries({ "local-hostname": name, ...metaData, "instance-id": instanceId });
  return entries.map(([key, value]) => `${yamlOf(key)}: ${yamlOf(value)}\n`).join("");
}

/**
 * A value as YAML on one line: JSON is YAML, but for its numbers without a point and with an exponent, for what Unicode
 * has beyond its first plane, and for control characters that YAML admits escaped only.
 */
function yamlOf(value: unknown): string {
  if (typeof value === "string") return PLAIN.test(value) ? value : quoted(value);
  if (typeof value === "number") return String(value).replace(/^(-?\d+)e/, "$1.0e");
  if (Array.isArray(value)) return `[${value.map(yamlOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `${yamlOf(key)}: ${yamlOf(each)}`)
    .join(", ")}}`;
}

function quoted(text: string): string {
  // Half of a character is none in YAML.
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, "\ufffd")).replace(/[^\x20-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
