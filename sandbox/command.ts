import { execa } from "execa";
import { SandboxError, SandboxInterruptedError } from "./errors.ts";

/** The most lines of a failed command's output that its error repeats. */
const ERROR_LINES = 12;

/** A PID namespace ends with its first process, which ends with `unshare`, which ends with us. */
const CONTAINER = [
  "setpriv",
  "--pdeathsig=KILL",
  "unshare",
  "--mount",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

/** How a command is run. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Absent: 60 s. */
  readonly timeoutSeconds?: number;
  readonly input?: string;
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Runs it with a process tree of its own that ends whole, whenever we do or the signal says so: for what starts others
   * and does not end them. Needs root.
   */
  readonly contained?: boolean;
  /** Is given each line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a command to its end and gives its standard output, without the last newline. Ctrl-C in the terminal does not
 * reach it: what is under way is only ended by the signal, so what cleans up cannot be cut short.
 *
 * @throws SandboxError with the command's own words when it is missing, fails or takes too long
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { signal, timeoutSeconds = 60, onLine } = options;
  const [file = command, ...words] = options.contained ? [...CONTAINER, command, ...args] : [command, ...args];
  const result = await beyondCtrlC(() => {
    const child = execa(file, words, {
      reject: false,
      detached: true,
      killSignal: options.contained ? "SIGKILL" : "SIGTERM",
      timeout: timeoutSeconds * 1000,
      all: true,
      env: { LC_ALL: "C", ...options.env },
      ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
      ...(signal === undefined ? {} : { cancelSignal: signal }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (onLine) void followLines(child.iterable({ from: "all" }), onLine);
    return child;
  });
  if (!result.failed) return result.stdout;
  const name = [command, ...args.slice(0, 3)].join(" ");
  if (result.isCanceled) throw new SandboxInterruptedError({ what: `Interrupted while running \`${name}\`.` });
  if (result.code === "ENOENT") {
    throw new SandboxError({
      what: `The command \`${command}\` is not on PATH.`,
      remedy: "Install the package that holds it.",
      cause: result,
    });
  }
  throw new SandboxError({
    what: result.timedOut
      ? `\`${name}\` did not end within ${timeoutSeconds} s.`
      : `\`${name}\` failed${result.exitCode === undefined ? "" : ` with exit status ${result.exitCode}`}.`,
    why: lastLines(result.all, ERROR_LINES) || result.originalMessage,
    cause: result,
  });
}

/** Whether a command succeeds; its output is of no interest. */
export async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  const result = await beyondCtrlC(() =>
    execa(command, args, { reject: false, detached: true, stdio: "ignore", timeout: 30_000 }),
  );
  return !result.failed;
}

/**
 * Begins a detached command, again where Ctrl-C ended it: that reaches it only in the instant between fork and setsid(2),
 * so it has not done anything yet.
 */
async function beyondCtrlC<T extends { signal?: string | undefined }>(begin: () => PromiseLike<T>): Promise<T> {
  for (;;) {
    const result = await begin();
    if (result.signal !== "SIGINT") return result;
  }
}

/** The last lines of a text that are not empty. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}

async function followLines(lines: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) onLine(String(line));
  } catch {
    // The command's failure is reported by its result.
  }
}
