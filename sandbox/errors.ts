/** What happened, why, and what to do; each a sentence or less. */
export interface SandboxErrorParts {
  readonly what: string;
  /** In the words of the part that failed, where there are any. */
  readonly why?: string | undefined;
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/** Anything that keeps a sandbox from coming up or going down. */
export class SandboxError extends Error {
  readonly what: string;
  readonly why: string | undefined;
  readonly remedy: string | undefined;

  constructor(parts: SandboxErrorParts) {
    super(
      [parts.what, parts.why, parts.remedy]
        .filter((part) => part !== undefined && part !== "")
        .map((part) => part?.replaceAll("\n", "\n  "))
        .join("\n  "),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.name = new.target.name;
    this.what = parts.what;
    this.why = parts.why;
    this.remedy = parts.remedy;
  }
}

/** Somebody pressed Ctrl-C. */
export class SandboxInterruptedError extends SandboxError {}
