import { setTimeout as sleep } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { CloudError } from "../provider/errors.ts";

/** Seconds between two looks where none are given. */
const DEFAULT_SECONDS = 2;

/** An hour: who looks less often needs no watch. */
const MAX_SECONDS = 3600;

/** Moves to the top and clears what is there (ECMA-48: CUP, ED). */
const CLEAR = "\u001b[H\u001b[2J";

/** The option that watches, for a list: `--watch` or `--watch 5`. */
export const WATCH_OPTION = ["--watch [seconds]", "show it again and again, until Ctrl-C"] as const;

/** What `--watch [seconds]` says: true where no time is given. */
export type Watch = true | number | undefined;

/** @throws InvalidArgumentError when the text is no time to wait */
export function parseWatch(text: string): number {
  const seconds = Number(text);
  if (/^[0-9.]+$/.test(text) && seconds >= 0.1 && seconds <= MAX_SECONDS) return seconds;
  throw new InvalidArgumentError(`It must be a number of seconds, from 0.1 to ${MAX_SECONDS}.`);
}

/**
 * Shows something once, or again and again until Ctrl-C ends the process. A terminal shows the latest look alone; what
 * fails while it is watched is shown in its place, and the watch goes on.
 */
export async function show(watch: Watch, look: () => Promise<string>): Promise<void> {
  if (watch === undefined) return console.log(await look());
  const seconds = watch === true ? DEFAULT_SECONDS : watch;
  for (;;) {
    const text = await look().catch(words);
    if (process.stdout.isTTY)
      process.stdout.write(`${CLEAR}Every ${seconds} s, ${new Date().toLocaleTimeString()}\n\n`);
    console.log(text);
    await sleep(seconds * 1000);
  }
}

function words(error: unknown): string {
  if (error instanceof CloudError) return error.message;
  throw error;
}
