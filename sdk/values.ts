/** What stands for a value that a preview cannot know yet, whatever its type (Pulumi's provider protocol). */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The property in which the host keeps the line of code that finds our code again. */
export const PROVIDER_KEY = "__provider";

/** The properties in which a value is not known yet, however deep. */
export function unknownProperties(properties: Readonly<Record<string, unknown>>): Set<string> {
  return new Set(Object.keys(properties).filter((name) => holdsUnknown(properties[name])));
}

function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}

/** The properties as a lifecycle sees them: without the provider's code. */
export function fromHost(properties: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties ?? {}).filter(([name]) => name !== PROVIDER_KEY));
}

/** The properties as the host can send them: plain JSON, in which an absent value is no value at all. */
export function toHost(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(properties));
}
