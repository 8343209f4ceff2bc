import { CloudError, type CloudErrorCode, MachineError } from "../errors.ts";

/** HTCondor holds the job: it will not start until somebody releases it. */
export class HeldError extends MachineError {
  readonly code = "held";
}

/** The machine ended while it was waited for: it is not there any more. */
export class EndedError extends MachineError {
  readonly code = "not-found";
}

/** cloud-init ended with errors in a guest that was to be ready when it is done. The machine runs on. */
export class CloudInitFailedError extends MachineError {
  readonly code = "guest-failed";
}

/** No execute node of the pool could ever hold the machine: it waited in the queue until its time was over. */
export class UnsatisfiableError extends MachineError {
  readonly code = "unsatisfiable";
}

/** A live machine of this key exists already, and nobody may double or take it. */
export class AlreadyExistsError extends MachineError {
  readonly code = "in-use";
}

/** Nobody hears the answer any more, so the machine was left to its deadline. */
export class OrphanedError extends CloudError {
  readonly code = "interrupted";
}

/** The machine exists, and is not as it should be yet. Whoever keeps the state records it and may resume. */
export class InitializationError extends MachineError {
  readonly code: CloudErrorCode;
  /** What is known about the machine, as its outputs. */
  readonly outputs: Record<string, unknown>;

  constructor(id: string, outputs: Record<string, unknown>, cause: CloudError) {
    super(id, { what: cause.what, why: cause.why, remedy: cause.remedy, cause });
    this.code = cause.code;
    this.outputs = outputs;
  }
}
