import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GlobalJobId } from "../../contract/patterns.ts";
import type { ConsoleCopies } from "./console-copy.ts";
import { boundConsoleLog, copyConsoleLog, createConsoleLog, readBytes } from "./console-log.ts";
import { isMissing, TEMPORARY_SUFFIX } from "./files.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./refusal.ts";

/** How often the logs of running machines are looked at, in milliseconds: two calls of `stat` each. */
const LOOK_MS = 1000;

/** How often consoles whose time is over are removed, in milliseconds. */
const EXPIRE_MS = 600_000;

/** The most consoles that are kept: machines that end in a loop must not fill the disk. */
const KEPT_MAX = 500;

/** The first line of a kept console; the rest is what the guest wrote. */
const HEADING = /^# Serial console of job (\S+)\n/;
const HEADING_MAX_BYTES = 400;

const KEPT_SUFFIX = ".log";

/** The console of a machine that has ended. */
export interface KeptConsole {
  readonly globalJobId: string;
  readonly path: string;
  readonly bytes: number;
  /** Unix time in seconds. */
  readonly endedAt: number;
}

/** The console of a machine that runs. */
export interface RunningConsole {
  /** Its instance folder. */
  readonly folder: string;
  /** The file that it is copied to for the job's owner; absent where there is none. */
  readonly copy: string | undefined;
}

/** What an administrator allows consoles to take. */
export interface ConsoleLimits {
  /** The most of one machine's; half as much again is there at times, see {@link boundConsoleLog}. */
  readonly maxBytes: number;
  /** How long one is kept after its machine's end. */
  readonly keepSeconds: number;
}

/**
 * What machines say on their serial consoles: while they run, in their instance folders; afterwards, for a while, in a
 * folder of their own, which this account alone reads, because guests may print secrets. What fails here is logged once
 * and harms no machine.
 */
export class Consoles {
  readonly #folder: string;
  readonly #limits: ConsoleLimits;
  readonly #log: Log;
  readonly #failed = new Set<string>();

  constructor(folder: string, limits: ConsoleLimits, log: Log) {
    this.#folder = folder;
    this.#limits = limits;
    this.#log = log;
  }

  /** Makes the console log of a new machine in its folder. */
  async create(instanceFolder: string): Promise<void> {
    await this.#trying("a machine's console log cannot be opened to this account alone, and will not be bounded", () =>
      createConsoleLog(instanceFolder),
    );
  }

  /** Keeps a machine's console. Its folder may already have another name than `name`, under which it is kept. */
  async keep(globalJobId: string, name: string, instanceFolder: string): Promise<void> {
    if (this.#limits.keepSeconds === 0) return;
    const heading = `# Serial console of job ${globalJobId}\n`;
    await this.#trying("a machine's console cannot be kept", () =>
      copyConsoleLog(instanceFolder, this.#pathOf(name), heading, this.#limits.maxBytes),
    );
  }

  /** The kept consoles, the newest first. */
  async list(): Promise<KeptConsole[]> {
    return listConsoles(this.#folder);
  }

  /**
   * Bounds the logs of running machines, and removes kept consoles in time, until the signal ends it.
   *
   * @param copies - copies each log before it is bounded, which may empty it
   */
  async watch(
    running: () => readonly RunningConsole[],
    signal: AbortSignal,
    copies: ConsoleCopies | undefined,
  ): Promise<void> {
    let expiredAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const consoles = running();
      copies?.keepOnly(new Set(consoles.flatMap(({ copy }) => copy ?? [])));
      for (const { folder, copy } of consoles) {
        if (copy !== undefined) await copies?.copy(folder, copy);
        await this.#bound(folder);
      }
      if (performance.now() - expiredAt >= EXPIRE_MS) {
        expiredAt = performance.now();
        await this.expire(Math.floor(Date.now() / 1000));
      }
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Removes what a dead agent was writing. To be called before anything is kept. */
  async open(): Promise<void> {
    await this.#trying("kept consoles cannot be cleared", async () => {
      for (const name of await readdir(this.#folder)) {
        if (name.endsWith(TEMPORARY_SUFFIX)) await rm(join(this.#folder, name), { force: true });
      }
    });
  }

  /** Removes what is older than it is kept, or beyond the number that is kept. */
  async expire(nowSeconds: number): Promise<void> {
    await this.#trying("kept consoles cannot be removed", async () => {
      for (const [index, { path, endedAt }] of (await this.list()).entries()) {
        if (index >= KEPT_MAX || nowSeconds - endedAt > this.#limits.keepSeconds) await rm(path, { force: true });
      }
    });
  }

  async #bound(instanceFolder: string): Promise<void> {
    await this.#trying("a running machine's console log cannot be bounded", () =>
      boundConsoleLog(instanceFolder, this.#limits.maxBytes),
    );
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}${KEPT_SUFFIX}`);
  }

  async #trying(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#failed.has(what)) this.#log(`${what} (said once): ${messageOf(error)}`);
      this.#failed.add(what);
    }
  }
}

/** The consoles kept in a folder, the newest first; whatever else lies there is left out. */
export async function listConsoles(folder: string): Promise<KeptConsole[]> {
  const kept: KeptConsole[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith(KEPT_SUFFIX)) continue;
    const path = join(folder, name);
    try {
      const heading = await readHeading(path);
      if (heading === undefined) continue;
      const { size, mtimeMs } = await stat(path);
      const endedAt = Math.floor(mtimeMs / 1000);
      kept.push({ globalJobId: heading.globalJobId, path, bytes: size - heading.bytes, endedAt });
    } catch (error) {
      // It may have been removed meanwhile.
      if (!isMissing(error)) throw error;
    }
  }
  return kept.sort((one, other) => other.endedAt - one.endedAt);
}

async function readHeading(path: string): Promise<{ globalJobId: string; bytes: number } | undefined> {
  const found = HEADING.exec((await readBytes(path, 0, HEADING_MAX_BYTES)).toString("latin1"));
  const globalJobId = GlobalJobId.safeParse(found?.[1]);
  return found !== null && globalJobId.success ? { globalJobId: globalJobId.data, bytes: found[0].length } : undefined;
}
