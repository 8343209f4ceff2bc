import type { Command } from "commander";
import { CloudError, InvalidInputError } from "../provider/errors.ts";
import { SandboxError, SandboxInterruptedError } from "../sandbox/errors.ts";

/** The command line itself cannot be used: an option that does not fit how the command is run. */
export class UsageError extends InvalidInputError {}

/** What `condor-cloud` exits with (docs/commands.md). `sandbox exec` and `instance ssh` exit with what their command exits with. */
export const EXIT = { failed: 1, usage: 2, interrupted: 130 } as const;

/** What stands below `--help`. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    failed, at least in part; standard error says why
  2    the command line cannot be read
  130  interrupted (Ctrl-C)`;

/** Commander exits 1 for a command line that it cannot read, which a script could not tell from a failure. */
export function exitWithUsage(command: Command): Command {
  command
    .showHelpAfterError("(--help says more)")
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.usage));
  for (const subcommand of command.commands) exitWithUsage(subcommand);
  return command;
}

/** Tells a person what went wrong, and sets the exit code. */
export function report(error: unknown): void {
  // What we throw is written for people; anything else is a defect, and its stack says where.
  const isForPeople = error instanceof CloudError || error instanceof SandboxError;
  const words = isForPeople ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${words}\n`);
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  const isInterrupted = error instanceof CloudError && error.code === "interrupted";
  if (isInterrupted || error instanceof SandboxInterruptedError) return EXIT.interrupted;
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
