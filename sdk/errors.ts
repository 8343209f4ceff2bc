import type { CloudErrorCode } from "../provider/errors.ts";

/** What the look-ups throw: `code` is for programs, `message` for people. */
export type CloudErrorLike = Error & {
  readonly code: CloudErrorCode;
  /** What happened, and to what. */
  readonly what: string;
  /** Why, where possible in the words of the part that refused. */
  readonly why?: string | undefined;
  /** What to do next. */
  readonly remedy?: string | undefined;
  /** The GlobalJobId, where it is about one machine. */
  readonly id?: string | undefined;
  /** The command of HTCondor, where one of them failed. */
  readonly command?: string | undefined;
};

/** Whether an error is one that this package throws for its users. */
export function isCloudError(error: unknown): error is CloudErrorLike {
  return error instanceof Error && "what" in error && "code" in error && typeof error.what === "string";
}
