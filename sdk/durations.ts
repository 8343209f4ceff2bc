import type { CustomTimeouts } from "@pulumi/pulumi";

/** The seconds that one unit of a Go duration takes (Go's package time, ParseDuration); Pulumi adds the day. */
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/** How long the operations on a resource may take; absent: the resource's own default. */
export interface OperationTimeouts {
  readonly createSeconds?: number;
  readonly updateSeconds?: number;
  readonly deleteSeconds?: number;
}

/** Pulumi's `customTimeouts` in seconds; undefined when none is given. */
export function timeoutSeconds(timeouts: CustomTimeouts | undefined): OperationTimeouts | undefined {
  if (timeouts === undefined) return undefined;
  return {
    ...(timeouts.create === undefined ? {} : { createSeconds: durationSeconds(timeouts.create) }),
    ...(timeouts.update === undefined ? {} : { updateSeconds: durationSeconds(timeouts.update) }),
    ...(timeouts.delete === undefined ? {} : { deleteSeconds: durationSeconds(timeouts.delete) }),
  };
}

/**
 * Reads a Go duration, such as `1h30m` or `90s`.
 *
 * @returns seconds
 * @throws RangeError when it is none, or not positive
 */
export function durationSeconds(text: string): number {
  const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h|d)/g)];
  const seconds = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_SECONDS[unit ?? ""] ?? 0), 0);
  if (parts.map(([part]) => part).join("") !== text || seconds <= 0) {
    throw new RangeError(
      `customTimeouts: ${JSON.stringify(text)} is no positive duration such as "90s", "5m" or "1h30m"`,
    );
  }
  return seconds;
}
