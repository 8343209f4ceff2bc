/**
 * What hook and agent agree on about a job's scratch directory. It stands alone, so that the hook, which needs it, loads no
 * more.
 */

/** The file in it that the machine's serial console is copied to, for the job's owner. */
export const SCRATCH_CONSOLE = "console.log";

/** The longest path of a scratch directory that a request can hold, in characters. */
export const SCRATCH_MAX_CHARACTERS = 512;
