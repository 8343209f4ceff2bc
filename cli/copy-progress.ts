import type { Writable } from "node:stream";
import { SingleBar } from "cli-progress";
import { inWords } from "../provider/operation.ts";

const MIB = 1024 * 1024;

/** Seconds between two lines where no one watches a bar. */
const QUIET_SECONDS = 5;

/** A terminal, or what stands for one. */
type Output = Writable & { readonly isTTY?: boolean };

/** Shows how far a copy is: by a bar on a terminal, in a line every few seconds elsewhere. */
export class CopyProgress {
  readonly #output: Output;
  readonly #now: () => number;
  #bar: SingleBar | undefined;
  #doing = "";
  #lastLineAt: number;

  constructor(output: Output = process.stderr, now: () => number = Date.now) {
    this.#output = output;
    this.#now = now;
    this.#lastLineAt = now();
  }

  /** Shows it; an arrow, so that an operation takes it as it is. */
  readonly advance = (doing: string, doneBytes: number, totalBytes: number): void => {
    if (this.#output.isTTY) this.#draw(doing, doneBytes, totalBytes);
    else this.#write(inWords(doing, doneBytes, totalBytes));
  };

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #draw(doing: string, doneBytes: number, totalBytes: number): void {
    if (this.#bar === undefined || doing !== this.#doing) {
      this.stop();
      this.#doing = doing;
      const format = "{doing}  {bar}  {percentage} % of {total} MiB  {eta_formatted} left";
      this.#bar = new SingleBar({ format, stream: this.#output as NodeJS.WriteStream, clearOnComplete: true });
      this.#bar.start(Math.ceil(totalBytes / MIB), 0, { doing });
    }
    this.#bar.update(Math.floor(doneBytes / MIB));
  }

  #write(line: string): void {
    if (this.#now() - this.#lastLineAt < QUIET_SECONDS * 1000) return;
    this.#lastLineAt = this.#now();
    this.#output.write(`${line}\n`);
  }
}
