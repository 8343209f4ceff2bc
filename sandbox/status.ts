import { hasHub, hasRoutes } from "./actions/network.ts";
import { missingParts } from "./actions/ready.ts";
import { machinePid } from "./machine.ts";
import { readPool } from "./pool-state.ts";
import { loadSandbox, type Machine, sandboxNames } from "./sandbox.ts";

/** One machine of a sandbox, as it is. */
export interface MachineStatus {
  readonly name: string;
  readonly role: Machine["role"];
  readonly address: string;
  readonly running: boolean;
  /** Execute nodes: whether HTCondor would run a machine there. */
  readonly canRunMachines?: boolean | undefined;
  /** Why not, where HTCondor says so. */
  readonly offlineReason?: string | undefined;
  /** Unix time in seconds of the node agent's last sign of life. */
  readonly heartbeat?: number | undefined;
}

/** A sandbox, as it is. */
export interface SandboxStatus {
  readonly name: string;
  /** `up`: jobs are taken and every execute node can run machines; `down`: no machine runs; `broken`: `up` heals it. */
  readonly state: "up" | "broken" | "down";
  readonly network: string;
  readonly folder: string;
  readonly machines: readonly MachineStatus[];
}

/** How a sandbox does; undefined when there is none of this name. */
export async function status(name: string): Promise<SandboxStatus | undefined> {
  const sandbox = await loadSandbox(name);
  if (!sandbox) return undefined;
  const pool = await readPool(sandbox).catch(() => undefined);
  const machines = await Promise.all(
    sandbox.machines.map(async (machine): Promise<MachineStatus> => {
      const running = (await machinePid(machine)) !== undefined;
      const known = machine.role === "execute" && running ? pool?.(machine) : undefined;
      return { name: machine.name, role: machine.role, address: machine.address, running, ...known };
    }),
  );
  const whole =
    machines.every((machine) => machine.running) &&
    (await hasHub(sandbox)) &&
    (await hasRoutes(sandbox)) &&
    (await missingParts(sandbox)).length === 0;
  const none = machines.every((machine) => !machine.running);
  return {
    name,
    state: whole ? "up" : none ? "down" : "broken",
    network: `10.${sandbox.octet}.0.0/16`,
    folder: sandbox.folder,
    machines,
  };
}

/** All sandboxes of this user. */
export async function listSandboxes(): Promise<SandboxStatus[]> {
  const all = await Promise.all((await sandboxNames()).map(status));
  return all.filter((one) => one !== undefined);
}
