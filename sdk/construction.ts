/** What gives a construction's errors their frames back. */
export interface DroppedFrames {
  /** A failure of the construction, with the frames that lead to this call. */
  traced(failure: unknown): unknown;
  /** Has errors remember their frames again. */
  restore(): void;
}

/**
 * Has errors remember no frames while a resource is constructed: Pulumi takes a stack trace of four promises for each of
 * its outputs, only to name one that leaks, which is nine tenths of what the construction of a machine takes (measured on
 * Pulumi 3.274: 14 ms of 15). Where a resource stands in the program it finds out by itself, whatever is set here. With
 * `PULUMI_DEBUG_PROMISE_LEAKS` nothing is dropped.
 */
export function dropFrames(): DroppedFrames {
  const usual = Error.stackTraceLimit;
  const restore = () => {
    Error.stackTraceLimit = usual;
  };
  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS) return { traced: (failure) => failure, restore };
  Error.stackTraceLimit = 0;
  const traced = (failure: unknown) => {
    restore();
    if (failure instanceof Error) Error.captureStackTrace(failure, traced);
    return failure;
  };
  return { traced, restore };
}
