import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Reporter, step } from "./actions/action.ts";
import { withLock } from "./lock.ts";

/** How something cached is made. */
export interface MakeOptions {
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  /** What it is, for people. */
  readonly what: string;
}

/**
 * Makes a file or folder of the cache, once: nobody sees a half-made one, two who want it at the same time make it once,
 * and what a killed maker left is removed.
 *
 * @param path - where it is to be; its name says what it is made of
 * @param make - makes it at the path it is given
 * @returns its path
 */
export async function makeOnce(
  path: string,
  { reporter, signal, what }: MakeOptions,
  make: (temporary: string) => Promise<void>,
): Promise<string> {
  if (existsSync(path)) return path;
  const onWait = () => reporter.say("another process makes it; waiting");
  await step(reporter, `Making ${what}`, signal, () =>
    withLock(`${path}.lock`, { signal, onWait }, async () => {
      if (existsSync(path)) return;
      await removeLeftovers(path);
      const temporary = `${path}.incoming-${process.pid}`;
      try {
        await make(temporary);
        await rename(temporary, path);
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    }),
  );
  return path;
}

/** Removes what killed makers left. We hold the lock, so none is at work. */
async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  for (const entry of await readdir(folder)) {
    if (entry.startsWith(`${basename(path)}.incoming-`))
      await rm(join(folder, entry), { recursive: true, force: true });
  }
}
