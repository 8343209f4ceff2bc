import type { z } from "zod";

/** One input, checked: the value to go on with, or why there is none. */
export type Checked<T = unknown> = { readonly value: T } | { readonly reason: string };

/** Checks by a schema; the reason holds the path, what was given and what was expected. */
export function by<T>(schema: z.ZodType<T>, given: unknown): Checked<T> {
  return checkBy(schema, given, shown);
}

/** {@link by} for what may be a secret: the reason says of what kind a value is, and never what it is. */
export function bySecretly<T>(schema: z.ZodType<T>, given: unknown): Checked<T> {
  return checkBy(schema, given, kindOf);
}

function checkBy<T>(schema: z.ZodType<T>, given: unknown, show: (value: unknown) => string): Checked<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return { value: parsed.data };
  const reasons = parsed.error.issues.map((issue) => {
    const path = issue.path.join(".");
    const value = issue.path.reduce<unknown>(
      (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
      given,
    );
    const unexpected = issue.code === "unrecognized_keys";
    return `${path === "" ? "" : `${path} `}${unexpected ? "" : `${show(value)}: `}${issue.message}`;
  });
  return { reason: reasons.join("; ") };
}

/** A value as an error shows it: quoted, and not of any length. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing was given";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** A value as an error speaks of it that may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing was given";
  if (value === null) return "null";
  if (typeof value === "string") return `a text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
