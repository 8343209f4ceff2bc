import { CloudError, type CloudErrorCode, type CloudErrorParts, MachineError } from "../errors.ts";

/** Base of the errors of one of HTCondor's commands. */
export abstract class CommandError extends CloudError {
  /** Its name, such as `condor_q`. */
  readonly command: string;

  constructor(command: string, parts: CloudErrorParts) {
    super(parts);
    this.command = command;
  }
}

/** One of HTCondor's commands is not on this machine. */
export class CommandMissingError extends CommandError {
  readonly code = "command-missing";

  constructor(command: string, folder: string | undefined) {
    super(command, {
      what: `The command ${command} was not found ${folder === undefined ? "on PATH" : `in ${folder} or on PATH`}.`,
      remedy:
        "Install HTCondor's client commands (the package `condor` or `htcondor`), or name the folder that holds them: `pulumi config set condor:commands FOLDER`, or CONDOR_CLOUD_COMMANDS.",
    });
  }
}

/** A command of HTCondor failed for a reason that none of the other classes names. */
export class CommandFailedError extends CommandError {
  readonly code: CloudErrorCode = "command-failed";
}

/** The pool refuses a machine: by its administrator's rules for submissions, or a bound on how many jobs there may be. */
export class RefusedError extends CommandFailedError {
  override readonly code = "refused";
}

/** HTCondor refuses: who asks is not known to it, or may not do this. */
export class PermissionError extends CommandError {
  readonly code = "permission";
}

/** A daemon of the pool does not answer. Often transient: a schedd that restarts is back within seconds. */
export class PoolUnreachableError extends CommandError {
  readonly code = "unreachable";
}

/** The job is at another schedd than the one that the configuration leads to. */
export class WrongScheddError extends MachineError {
  readonly code = "invalid-input";
}

/** A command succeeded and its answer cannot be read. Never means "nothing there". */
export class UnexpectedOutputError extends CommandError {
  readonly code = "unexpected-output";
}

/** The job is not in the queue. */
export class JobNotFoundError extends MachineError {
  readonly code = "not-found";
}
