import { PROVIDER_KEY, toHost } from "./values.ts";

/**
 * Runs a step of a lifecycle, whose errors come out as Pulumi's host understands them.
 *
 * @param given - the properties that the host gave; absent where no resource can come to exist
 */
export async function told<T>(step: () => Promise<T>, given: Readonly<Record<string, unknown>> = {}): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw await toHostError(error, given);
  }
}

/**
 * Makes an error for Pulumi's host, always a new one: the host takes any error with an `id` for "the resource exists
 * and is not ready", and records it. Such a one carries `reasons` too, without which its message would not be shown.
 * The host also prints an error and its stack on the stack's own row: there, one that was written for people shows its
 * class and its message; any other is a defect and keeps its stack.
 *
 * @param given - the properties that the host gave: the line of code among them is the host's to add to a result, but
 *   not to an error's properties, and without it nobody could ever delete the resource
 */
export async function toHostError(error: unknown, given: Readonly<Record<string, unknown>> = {}): Promise<Error> {
  const { CloudError } = await import("../provider/errors.ts");
  const { InitializationError } = await import("../provider/instance/errors.ts");
  if (!(error instanceof CloudError)) return defect(error);
  const shown = Object.assign(new Error(error.message), { toString: () => error.name });
  shown.stack = error.message;
  if (!(error instanceof InitializationError)) return shown;
  const properties = { ...toHost(error.outputs), [PROVIDER_KEY]: given[PROVIDER_KEY] };
  return Object.assign(shown, { id: error.id, properties, reasons: [error.message] });
}

function defect(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const shown = new Error(error.message, { cause: error });
  if (error.stack !== undefined) shown.stack = error.stack;
  return shown;
}
