import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { theSandbox } from "../pool/nodes.ts";
import { killOn, processesOn } from "../pool/processes.ts";
import { eventually } from "../pool/wait.ts";
import { kill, type Process } from "./family.ts";
import type { Trial } from "./trial.ts";

/** How long a network stays cut: long enough that daemons notice, shorter than a machine's lease. */
const CUT_SECONDS = 8;

/** The CLI takes two signals at once for one. */
const SECOND_SIGNAL_MILLISECONDS = 200;

/** A fault that meets one stack's command. */
export interface LocalFault {
  readonly name: string;
  readonly strike: (trial: Trial, family: readonly Process[]) => Promise<void>;
}

/** A fault that meets all who use the pool. */
export interface PoolFault {
  readonly name: string;
  /** Strikes; answers what waits until the pool is whole again. */
  readonly strike: () => Promise<() => Promise<void>>;
}

export const LOCAL_FAULTS: readonly LocalFault[] = [
  {
    name: "provider killed",
    async strike(trial, family) {
      const provider = family.find(({ command }) => /dynamic-provider/.test(command) && /node/.test(command));
      if (provider === undefined) throw new Error(`${trial.name}: no provider among ${JSON.stringify(family)}`);
      kill(provider.pid, "SIGKILL");
    },
  },
  {
    name: "Ctrl-C once",
    async strike(trial) {
      kill(trial.pid, "SIGINT");
    },
  },
  {
    name: "Ctrl-C twice",
    async strike(trial) {
      kill(trial.pid, "SIGINT");
      await sleep(SECOND_SIGNAL_MILLISECONDS);
      kill(trial.pid, "SIGINT");
    },
  },
  {
    name: "engine killed",
    async strike(trial) {
      kill(trial.pid, "SIGKILL");
    },
  },
];

export const POOL_FAULTS: readonly PoolFault[] = [
  { name: "schedd killed", strike: () => killDaemon("condor_schedd") },
  { name: "collector killed", strike: () => killDaemon("condor_collector") },
  {
    name: "access point cut off",
    async strike() {
      const { hub, manager } = await theSandbox();
      const link = (state: string) => execa("ip", ["-n", hub, "link", "set", manager.name, state]);
      await link("down");
      return async () => {
        await sleep(CUT_SECONDS * 1000).finally(() => link("up"));
      };
    },
  },
];

/** Kills a daemon of the access point; its master starts another. */
async function killDaemon(name: string): Promise<() => Promise<void>> {
  const { manager } = await theSandbox();
  const find = () => processesOn(manager, new RegExp(`^${name}( |$)`));
  const before = await eventually(`${name} to run`, find, (found) => found.length === 1);
  await killOn(manager, before);
  return async () => {
    await eventually(`another ${name} to run`, find, (found) => found.some(({ pid }) => pid !== before[0]?.pid));
  };
}
