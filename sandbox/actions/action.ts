import { SandboxError, SandboxInterruptedError } from "../errors.ts";
import type { Sandbox } from "../sandbox.ts";

/** Hears what a sandbox does, step by step. */
export interface Reporter {
  /** A step begins. */
  start(title: string): void;
  /** Something to know, within a step or between two. */
  say(message: string): void;
  done(title: string, seconds: number): void;
  failed(title: string, seconds: number, error: unknown): void;
}

/** For whoever does not want to hear. */
export const silentReporter: Reporter = { start() {}, say() {}, done() {}, failed() {} };

/** What every action is handed. */
export interface ActionContext {
  readonly sandbox: Sandbox;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}

/** Does one step, with its begin, end and time reported; does not begin it after an interruption. */
export async function step<T>(
  reporter: Reporter,
  title: string,
  signal: AbortSignal | undefined,
  body: () => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw interrupted(`Interrupted before: ${title}.`);
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  reporter.start(title);
  try {
    const result = await body();
    reporter.done(title, seconds());
    return result;
  } catch (cause) {
    const error = signal?.aborted ? interrupted(`Interrupted during: ${title}.`, cause) : explainFullDisk(cause, title);
    reporter.failed(title, seconds(), error);
    throw error;
  }
}

function interrupted(what: string, cause?: unknown): SandboxInterruptedError {
  return new SandboxInterruptedError({ what, remedy: "The same command goes on from there.", cause });
}

function explainFullDisk(error: unknown, title: string): unknown {
  if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) return error;
  return new SandboxError({
    what: `The disk is full, during: ${title}.`,
    why: error.message,
    remedy: "Free some space, or point XDG_CACHE_HOME and XDG_STATE_HOME at a larger disk.",
    cause: error,
  });
}
