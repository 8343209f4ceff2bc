import { CloudError } from "../errors.ts";

/** The image store cannot be used: not there, not readable, full, damaged. */
export class StoreError extends CloudError {
  readonly code = "store";
}

/** A manifest is there and cannot be understood. Adding the image again repairs it. */
export class DamagedManifestError extends StoreError {}

/** The bytes of an image are still needed by machines that live. */
export class InUseError extends CloudError {
  readonly code = "in-use";
  /** The machines that need them, as their owner knows them. */
  readonly users: readonly string[];

  constructor(image: string, users: readonly string[]) {
    const shown = users.slice(0, 5).join(", ") + (users.length > 5 ? ` and ${users.length - 5} more` : "");
    super({
      what: `The image ${image} is not removed: ${users.length} ${users.length === 1 ? "machine uses" : "machines use"} it.`,
      why: shown,
      remedy:
        "Remove them first (`pulumi destroy` in their stack, or `condor-cloud instance terminate`), then try again.",
    });
    this.users = users;
  }
}

const REMEDY: Readonly<Record<string, string>> = {
  ENOSPC: "Make room on the store's file system, then try again.",
  EDQUOT: "The quota on the store's file system is used up; make room, then try again.",
  EACCES: "The account that runs this must be able to read and write the store's folder.",
  EPERM: "The account that runs this must be able to read and write the store's folder.",
  EROFS: "The store's file system is mounted read-only; mount it writable here.",
};

/** Runs a step that touches the file system; what the system refuses becomes a {@link StoreError} in its own words. */
export async function attempt<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new StoreError({ what, why: String(error), remedy: REMEDY[code], cause: error });
  }
}

/** The system's code (`ENOENT`, …) of an error that comes from it; undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** What was asked of the file system; undefined when what it was asked about is not there. */
export async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
