/**
 * The longest path of a job's scratch directory that a request can hold, in characters. It stands alone, so that the hook,
 * which needs it, loads no more.
 */
export const SCRATCH_MAX_CHARACTERS = 512;
