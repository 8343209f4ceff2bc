import { execa } from "execa";

/** How long and how much a command may take. */
export interface RunLimits {
  readonly timeoutSeconds?: number;
  readonly maxOutputBytes?: number;
}

/** A command that gave no answer in time. */
export class CommandTimeoutError extends Error {}

/**
 * Runs one command to its end and gives its standard output.
 *
 * @throws Error with the command's own words when it fails, takes too long (default 10 s) or says too much (8 MiB)
 */
export async function run(command: string, args: readonly string[], limits: RunLimits = {}): Promise<string> {
  const timeoutSeconds = limits.timeoutSeconds ?? 10;
  const result = await execa(command, args, {
    reject: false,
    stdin: "ignore",
    timeout: timeoutSeconds * 1000,
    killSignal: "SIGKILL",
    maxBuffer: limits.maxOutputBytes ?? 8 * 1024 * 1024,
    env: { LANG: "C", LC_ALL: "C" },
  });
  if (!result.failed) return result.stdout;
  const why = result.timedOut
    ? `gave no answer within ${timeoutSeconds} s`
    : result.stderr.trim().replace(/\s*\n\s*/g, "; ") ||
      result.originalMessage ||
      `ended with ${result.exitCode ?? result.signal}`;
  const message = `${[command, ...args].join(" ").slice(0, 120)}: ${why}`;
  throw result.timedOut ? new CommandTimeoutError(message) : new Error(message);
}
