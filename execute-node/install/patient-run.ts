import { run } from "../agent/run.ts";

/** A check must not fail because the machine is busy, so what takes milliseconds gets this long. */
const PATIENCE_SECONDS = 30;

/**
 * Runs one command to its end and gives its standard output.
 *
 * @throws Error with the command's own words when it fails, or takes too long (default 30 s)
 */
export function runPatiently(
  command: string,
  args: readonly string[],
  timeoutSeconds = PATIENCE_SECONDS,
): Promise<string> {
  return run(command, args, { timeoutSeconds });
}
