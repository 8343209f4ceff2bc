import { join } from "node:path";
import { z } from "zod";
import { parseNodeReport } from "../contract/node-report.ts";
import { run } from "./command.ts";
import { machineStartTime } from "./machine.ts";
import type { Machine, Sandbox } from "./sandbox.ts";

/** What the collector knows of an execute node. */
export interface NodeState {
  /** HTCondor's own word on whether the node can run VMs; false with a reason, undefined before it has tried. */
  readonly canRunMachines: boolean | undefined;
  readonly offlineReason: string | undefined;
  /** Unix time in seconds of the node agent's last sign of life. */
  readonly heartbeat: number | undefined;
}

const SlotAds = z.array(
  // An attribute whose expression is undefined is null in JSON.
  z.looseObject({
    Machine: z.string(),
    DaemonStartTime: z.number(),
    HasVM: z.boolean().nullish(),
    VMOfflineReason: z.string().nullish(),
  }),
);

/** Asks the collector, as the sandbox's user would. Throws while it does not answer. */
export async function readPool(sandbox: Sandbox): Promise<(machine: Machine) => NodeState | undefined> {
  const output = await run(join(sandbox.bin, "condor_status"), ["-json", "-constraint", "PartitionableSlot =?= True"], {
    timeoutSeconds: 15,
  });
  const ads = SlotAds.parse(output === "" ? [] : JSON.parse(output));
  const startTimes = await Promise.all(
    sandbox.executeNodes.map(async (machine) => [machine.name, await machineStartTime(machine)] as const),
  );
  const since = new Map(startTimes);
  return (machine) => {
    // The collector keeps the ad of a killed node for minutes; whole seconds on its side.
    const earliest = Math.floor(since.get(machine.name) ?? Number.POSITIVE_INFINITY);
    const ad = ads.find((candidate) => candidate.Machine === machine.host && candidate.DaemonStartTime >= earliest);
    if (!ad) return undefined;
    return {
      canRunMachines: ad.HasVM ?? undefined,
      offlineReason: ad.VMOfflineReason ?? undefined,
      heartbeat: parseNodeReport(ad)?.heartbeat,
    };
  };
}

/** Whether the access point answers, as the sandbox's user would see it. Throws while it does not. */
export async function askQueue(sandbox: Sandbox): Promise<void> {
  await run(join(sandbox.bin, "condor_q"), ["-totals"], { timeoutSeconds: 15 });
}
