import type { Log } from "./htcondor/log.ts";
import { openPool, type Pool } from "./htcondor/pool.ts";
import type { Settings } from "./settings.ts";
import { openStore } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";

/** What every lifecycle is handed: how this process is configured, the pool, and the image store. */
export interface Context {
  readonly settings: Settings;
  readonly pool: Pool;
  /** Undefined where no store is configured. */
  readonly store: Store | undefined;
}

/**
 * Opens pool and store. One for a process, so that what arrives together shares its commands. Touches nothing yet.
 *
 * @param log - is told of every command of HTCondor and its answer, without secrets; absent: nobody is
 */
export function openContext(settings: Settings, log?: Log): Context {
  return { settings, pool: openPool(settings, log), store: openStore(settings) };
}
