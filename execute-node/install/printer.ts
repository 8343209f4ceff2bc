import { createInterface } from "node:readline/promises";

/** The one way by which the installer speaks to people. */
export interface Printer {
  /** What a program may also read, and what was asked for. */
  line(text: string): void;
  /** What only tells how it goes; left out by `--quiet`. */
  progress(text: string): void;
  /** Asks for a yes; undefined where nobody is there to answer. */
  confirm(question: string): Promise<boolean | undefined>;
}

/** Without what would steer a terminal: words of guests, jobs and other programs are printed too. Pure. */
export function harmless(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
}

/** Prints to standard output, and asks on a terminal. */
export function terminalPrinter(quiet = false): Printer {
  const line = (text: string) => void process.stdout.write(`${harmless(text)}\n`);
  return {
    line,
    progress: quiet ? () => {} : line,
    async confirm(question) {
      if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return /^y(?:es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
      } finally {
        terminal.close();
      }
    },
  };
}
