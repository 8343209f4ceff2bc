import type { CustomTimeouts } from "@pulumi/pulumi";
import { durationSeconds } from "../contract/duration.ts";

/** How long the operations on a resource may take; absent: the resource's own default. */
export interface OperationTimeouts {
  readonly createSeconds?: number;
  readonly updateSeconds?: number;
  readonly deleteSeconds?: number;
}

/**
 * Pulumi's `customTimeouts` in seconds; undefined when none is given.
 *
 * @throws RangeError when one is no positive duration
 */
export function timeoutSeconds(timeouts: CustomTimeouts | undefined): OperationTimeouts | undefined {
  if (timeouts === undefined) return undefined;
  return {
    ...(timeouts.create === undefined ? {} : { createSeconds: secondsOf(timeouts.create) }),
    ...(timeouts.update === undefined ? {} : { updateSeconds: secondsOf(timeouts.update) }),
    ...(timeouts.delete === undefined ? {} : { deleteSeconds: secondsOf(timeouts.delete) }),
  };
}

function secondsOf(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds !== undefined) return seconds;
  throw new RangeError(
    `customTimeouts: ${JSON.stringify(text)} is no positive duration such as "90s", "5m" or "1h30m"`,
  );
}
