/** The file in a job's scratch directory that a machine's serial console is copied to, for the job's owner. */
export const SCRATCH_CONSOLE = "console.log";
