import type { SettingsInput } from "../provider/settings.ts";

/**
 * What a stack's configuration says of our settings; structured values arrive as JSON.
 *
 * @param get - the text of one setting of the namespace `condor`; undefined where there is none
 */
export function configuredBy(
  { shape }: Pick<typeof SettingsInput, "shape">,
  get: (name: string) => string | undefined,
): Record<string, unknown> {
  return Object.fromEntries(Object.keys(shape).map((name) => [name, parsed(get(name))]));
}

function parsed(text: string | undefined): unknown {
  if (text === undefined || !/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // The schema says what it expected instead.
  }
}
