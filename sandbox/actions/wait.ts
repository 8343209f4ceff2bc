import { setTimeout as sleep } from "node:timers/promises";
import { SandboxError, SandboxInterruptedError } from "../errors.ts";
import { logTail } from "../logs.ts";
import { machinePid } from "../machine.ts";
import type { Machine } from "../sandbox.ts";
import type { ActionContext } from "./action.ts";

/** Something that is not there yet. */
export interface Missing {
  readonly what: string;
  /** The machine whose logs say why. */
  readonly machine: Machine;
}

/** What one look found: the thing waited for, or what is still missing. */
export type Look<T> = { readonly value: T } | { readonly missing: readonly Missing[] };

/** The logs that speak for a machine: of HTCondor's log folder, or absolute. */
const LOGS = {
  manager: ["console", "MasterLog", "CollectorLog", "SchedLog"],
  execute: ["console", "MasterLog", "StartLog", "/var/lib/condor-cloud/log/agent.log", "/var/log/libvirt/libvirtd.log"],
};

const PAUSE_MILLISECONDS = 300;

/**
 * Looks until the thing is there. Gives up at the deadline, or as soon as a machine has died, with the last lines of
 * the logs of those machines whose part is missing.
 */
export async function waitFor<T>(
  { sandbox, signal }: ActionContext,
  timeoutSeconds: number,
  look: () => Promise<Look<T>>,
): Promise<T> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const found = await look();
    if ("value" in found) return found.value;
    const missing = found.missing.map(({ what }) => what).join(", ");
    if (signal?.aborted) throw new SandboxInterruptedError({ what: `Interrupted; still missing: ${missing}.` });
    for (const { machine } of found.missing) {
      if ((await machinePid(machine)) !== undefined) continue;
      throw await failure(`Machine ${machine.name} of sandbox ${sandbox.name} ended by itself.`, [machine]);
    }
    if (Date.now() > deadline) {
      const what = `Sandbox ${sandbox.name} is not ready after ${timeoutSeconds} s; missing: ${missing}.`;
      throw await failure(what, [...new Set(found.missing.map(({ machine }) => machine))]);
    }
    await sleep(PAUSE_MILLISECONDS);
  }
}

async function failure(what: string, machines: readonly Machine[]): Promise<SandboxError> {
  const tails = machines.flatMap((machine) => LOGS[machine.role].map((file) => logTail(machine, file)));
  return new SandboxError({
    what,
    why: (await Promise.all(tails)).filter((tail) => tail !== "").join("\n"),
    remedy: "With --retain the sandbox stays for a closer look; its logs: condor-cloud sandbox logs FOLDER",
  });
}
