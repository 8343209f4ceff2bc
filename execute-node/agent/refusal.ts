/** Why a request cannot be done, in words for the job's owner. */
export class Refusal extends Error {
  /** Whether another node, or this one later, could do it; otherwise the job itself is at fault. */
  readonly retry: boolean;

  constructor(message: string, options: { retry?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Refusal";
    this.retry = options.retry ?? false;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
