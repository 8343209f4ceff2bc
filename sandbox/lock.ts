import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { SandboxError, SandboxInterruptedError } from "./errors.ts";

/** How a lock is waited for. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is called once when somebody else holds the lock. */
  readonly onWait?: () => void;
}

/** After this time without the lock, somebody else holds it. */
const WAIT_NOTICE_MILLISECONDS = 300;

/**
 * Does something while holding the lock of a file. The kernel keeps the lock and ends it with its holder, so nobody
 * ever waits for the dead: a child `flock FILE cat` holds it as long as our end of its pipe is open.
 */
export async function withLock<T>(file: string, options: LockOptions, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  // Detached: Ctrl-C in the terminal must not take the lock away while we clean up.
  const holder = execa("flock", [file, "cat"], {
    stdin: "pipe",
    stdout: "pipe",
    buffer: false,
    reject: false,
    detached: true,
  });
  const ended = holder.then((result) => {
    throw new SandboxError({ what: `Could not lock ${file}.`, why: result.originalMessage });
  });
  ended.catch(() => {}); // it also ends when we let it go
  let held = false;
  try {
    holder.stdin.write("locked?"); // `cat` echoes it as soon as it runs, and it runs only once the lock is held
    const locked = once(holder.stdout, "data").then(() => true as const);
    const first = await Promise.race([locked, ended, sleep(WAIT_NOTICE_MILLISECONDS)]);
    if (first !== true) {
      options.onWait?.();
      await Promise.race([locked, ended, interruption(options.signal)]);
    }
    held = true;
    return await body();
  } finally {
    holder.stdin.end();
    if (!held) holder.kill(); // it waits for the lock and does not read
    await holder;
  }
}

async function interruption(signal: AbortSignal | undefined): Promise<never> {
  if (!signal) return new Promise(() => {});
  if (!signal.aborted) await once(signal, "abort");
  throw new SandboxInterruptedError({ what: "Interrupted while waiting for another process." });
}
