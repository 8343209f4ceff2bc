import { setTimeout as sleep } from "node:timers/promises";
import { InterruptedError, TimedOutError } from "./errors.ts";

/** Says what is going on, on the resource's own row or on a terminal; an empty message clears it. */
export type Progress = (message: string) => void;

/**
 * Says how far a copy or a reading is.
 *
 * @param doing - what it is for: "copying debian into the store"
 */
export type Advance = (doing: string, doneBytes: number, totalBytes: number) => void;

const MIB = 1024 * 1024;

/** Says what a person should know though nothing failed, or (a note) may like to know; it stays. */
export type Warn = (message: string) => void;

/**
 * One object that every step of an operation is handed: until when, whether anybody still wants it, and where progress
 * goes. A step that waits asks {@link Operation.pause} and nothing else, so no wait can outlive its operation.
 */
export class Operation {
  /** Milliseconds since the epoch; infinite where there is no deadline. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly advance: Advance;
  readonly warn: Warn;
  readonly note: Warn;
  readonly timeoutSeconds: number;
  /** Whether whoever asked can still hear the answer; an orphan must not finish what nobody will record. */
  readonly stillWanted: () => Promise<boolean>;

  /**
   * @param options.timeoutSeconds - absent: no deadline.
   * @param options.advance - absent: told in words, as progress.
   * @param options.stillWanted - absent: always.
   */
  constructor(
    options: {
      timeoutSeconds?: number | undefined;
      signal?: AbortSignal;
      progress?: Progress;
      advance?: Advance;
      warn?: Warn;
      note?: Warn;
      stillWanted?: () => Promise<boolean>;
    } = {},
  ) {
    this.timeoutSeconds = options.timeoutSeconds ?? Number.POSITIVE_INFINITY;
    this.deadline = Date.now() + this.timeoutSeconds * 1000;
    this.signal = options.signal ?? new AbortController().signal;
    this.progress = options.progress ?? (() => {});
    this.advance = options.advance ?? ((...how) => this.progress(inWords(...how)));
    this.warn = options.warn ?? (() => {});
    this.note = options.note ?? (() => {});
    this.stillWanted = options.stillWanted ?? (async () => true);
  }

  /**
   * Throws when the operation's time is up or somebody interrupted it.
   *
   * @param waitedFor - what was being waited for and what was last seen, for the error
   * @param remedy - what the user can do then
   */
  check(waitedFor: string, remedy?: string): void {
    if (this.signal.aborted) throw new InterruptedError({ what: `Interrupted while ${waitedFor}.`, remedy });
    if (Date.now() >= this.deadline) {
      throw new TimedOutError({ what: `Timed out after ${this.timeoutSeconds} s while ${waitedFor}.`, remedy });
    }
  }

  /** Waits a moment, but never past the deadline or an interruption; throws as {@link Operation.check} does. */
  async pause(milliseconds: number, waitedFor: string, remedy?: string): Promise<void> {
    this.check(waitedFor, remedy);
    const moment = Math.max(0, Math.min(milliseconds, this.deadline - Date.now()));
    await sleep(moment, undefined, { signal: this.signal }).catch(() => {});
    this.check(waitedFor, remedy);
  }
}

/** How far a copy is, in words. */
export function inWords(doing: string, doneBytes: number, totalBytes: number): string {
  const percent = Math.min(100, Math.floor((doneBytes * 100) / Math.max(1, totalBytes)));
  return `${doing}: ${percent} % of ${Math.ceil(totalBytes / MIB)} MiB`;
}
