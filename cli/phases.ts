import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import yoctoSpinner from "yocto-spinner";
import type { Reporter } from "../sandbox/actions/action.ts";

/** Seconds between two lines about the same phase where no one watches a live line. */
const QUIET_SECONDS = 15;

/** A terminal, or what stands for one. */
type Output = Writable & Partial<Pick<NodeJS.WriteStream, "isTTY" | "columns">>;

/** Shows phases with their elapsed time on a terminal, or as plain lines in a log; keeps every word in a file, as long as it can. */
export class Phases implements Reporter {
  readonly #output: Output;
  readonly #logFile: string | undefined;
  readonly #live: boolean;
  #spinner: ReturnType<typeof yoctoSpinner> | undefined;
  #clock: NodeJS.Timeout | undefined;
  #title = "";
  #failedTitle: string | undefined;
  #message = "";
  #startedAt = 0;
  #lastLineAt = 0;

  /** @param options.logFile - every start, message and end is appended here, with the time. */
  constructor(options: { output?: Output; logFile?: string } = {}) {
    this.#output = options.output ?? process.stderr;
    this.#logFile = options.logFile;
    this.#live = this.#output.isTTY === true && !process.env.CI;
    this.#keep((file) => mkdirSync(dirname(file), { recursive: true }));
  }

  /**
   * The title of the first phase that failed, not of those that clean up after it; where none did, of the phase under way
   * or the one that ended last. Empty before the first.
   */
  get decisive(): string {
    return this.#failedTitle ?? this.#title;
  }

  start(title: string): void {
    this.#title = title;
    this.#message = "";
    this.#startedAt = this.#lastLineAt = Date.now();
    this.log(`start: ${title}`);
    if (this.#live) {
      this.#spinner = yoctoSpinner({ text: title, stream: this.#output, handleSignals: false }).start();
      this.#clock = setInterval(() => this.#refresh(), 1000).unref();
    } else {
      this.#output.write(`… ${title}\n`);
    }
  }

  say(message: string): void {
    this.log(message);
    this.#message = message;
    if (this.#live) this.#refresh();
    else if (Date.now() - this.#lastLineAt >= QUIET_SECONDS * 1000) {
      this.#lastLineAt = Date.now();
      this.#output.write(`  ${message} (${this.#elapsed()})\n`);
    }
  }

  done(title: string, seconds: number): void {
    this.#end("✓", title, seconds);
  }

  failed(title: string, seconds: number, error: unknown): void {
    this.#failedTitle ??= title;
    this.#end("✗", title, seconds);
    this.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  /** Shows a line of somebody else's output on standard output, where it does not run into the live line, and keeps it. */
  print(line: string): void {
    this.log(line);
    this.#spinner?.clear();
    process.stdout.write(`${line}\n`);
  }

  /** Writes to the log file only. */
  log(text: string): void {
    this.#keep((file) => appendFileSync(file, `${new Date().toISOString()} ${text}\n`));
  }

  /** A log that cannot be written, on a full disk for one, is not what should fail or hide what does. */
  #keep(write: (file: string) => void): void {
    try {
      if (this.#logFile) write(this.#logFile);
    } catch {}
  }

  #end(mark: string, title: string, seconds: number): void {
    clearInterval(this.#clock);
    this.#spinner?.stop();
    this.#spinner = undefined;
    const line = `${mark} ${title}  ${seconds.toFixed(1)} s`;
    this.#output.write(`${line}\n`);
    this.log(line);
  }

  #refresh(): void {
    if (!this.#spinner) return;
    const width = (this.#output.columns ?? 80) - 4;
    const text = `${this.#title}  ${this.#elapsed()}${this.#message ? `  ${this.#message}` : ""}`;
    this.#spinner.text = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  }

  #elapsed(): string {
    return `${Math.round((Date.now() - this.#startedAt) / 1000)} s`;
  }
}
