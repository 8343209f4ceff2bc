/** What a program may want to tell apart; docs/errors.md says what each means. */
export const CLOUD_ERROR_CODES = [
  "invalid-input",
  "not-found",
  "held",
  "guest-failed",
  "unsatisfiable",
  "refused",
  "timed-out",
  "interrupted",
  "store",
  "in-use",
  "permission",
  "unreachable",
  "command-missing",
  "command-failed",
  "unexpected-output",
] as const;

/** One of {@link CLOUD_ERROR_CODES}. */
export type CloudErrorCode = (typeof CLOUD_ERROR_CODES)[number];

/** The parts of an error's message, each of them a sentence or less. */
export interface CloudErrorParts {
  /** What happened, and to what. */
  readonly what: string;
  /** Why, where possible in the words of the part that refused. */
  readonly why?: string | undefined;
  /** What to do next. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/** Base of every error that this project throws for its users; `code` is for programs, `message` for people. */
export abstract class CloudError extends Error {
  abstract readonly code: CloudErrorCode;
  readonly what: string;
  readonly why: string | undefined;
  readonly remedy: string | undefined;

  constructor(parts: CloudErrorParts) {
    super(
      [parts.what, parts.why, parts.remedy].filter((part) => part !== undefined && part !== "").join("\n  "),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.name = new.target.name;
    this.what = parts.what;
    this.why = parts.why;
    this.remedy = parts.remedy;
  }
}

/** Base of the errors about one machine, which a program finds by its id. */
export abstract class MachineError extends CloudError {
  /** The GlobalJobId. */
  readonly id: string;

  constructor(id: string, parts: CloudErrorParts) {
    super(parts);
    this.id = id;
  }
}

/** A wait's deadline passed. */
export class TimedOutError extends CloudError {
  readonly code = "timed-out";
}

/** The person or the engine asked to stop (Ctrl-C). */
export class InterruptedError extends CloudError {
  readonly code = "interrupted";
}

/** A setting or an argument that cannot be used. */
export class InvalidInputError extends CloudError {
  readonly code = "invalid-input";
}
