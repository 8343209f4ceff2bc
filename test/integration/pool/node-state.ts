import { z } from "zod";
import { parseNodeReport } from "../../../contract/node-report.ts";
import { runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { domainsOn, instanceFoldersOn } from "./nodes.ts";
import { processesOn } from "./processes.ts";

/** All that there is on a node and must fit together. Jobs are `cluster.proc`, in order. */
export interface NodeState {
  /** The jobs that the startd itself says its slots run. */
  readonly slots: readonly string[];
  readonly domains: readonly string[];
  readonly folders: readonly string[];
  /** QEMU's processes, of which each domain has one. */
  readonly emulators: readonly string[];
  /** Files and folders that are being written or removed. */
  readonly temporaries: readonly string[];
  /** HTCondor's own word. */
  readonly hasVm: boolean;
  /** Unix time in seconds of the agent's last sign of life. */
  readonly heartbeat: number;
  readonly trouble: string;
}

const Slots = z.array(z.looseObject({ JobId: z.string().optional(), HasVM: z.boolean().nullish() }));

const FOLDERS = ["/var/lib/condor-cloud/cache", "/var/lib/condor-cloud/instances"];

/** Looks at a node from all sides. Throws while its startd or libvirt does not answer. */
export async function nodeState(node: Machine): Promise<NodeState> {
  const [slots, domains, folders, emulators, temporaries] = await Promise.all([
    runIn(node, ["condor_status", "-direct", node.host, "-json"]),
    domainsOn(node),
    instanceFoldersOn(node),
    processesOn(node, /qemu-system.* guest=/),
    runIn(node, ["find", ...FOLDERS, "-name", "*.tmp"]),
  ]);
  const ads = Slots.parse(JSON.parse(slots));
  const own = ads.find((ad) => ad.JobId === undefined);
  const report = own && parseNodeReport(own);
  return {
    slots: ads.flatMap(({ JobId }) => JobId ?? []).sort(),
    domains: domains.map((name) => name.slice(name.lastIndexOf("_") + 1)).sort(),
    folders: folders.map((name) => name.slice(0, name.lastIndexOf("-"))).sort(),
    emulators: emulators.map(({ command }) => /guest=\S*?_(\d+\.\d+)/.exec(command)?.[1] ?? command).sort(),
    temporaries: temporaries.split("\n").filter((line) => line !== ""),
    hasVm: own?.HasVM === true,
    heartbeat: report?.heartbeat ?? 0,
    trouble: report?.trouble ?? "",
  };
}

/** What is not as it should be on a node; empty when it is whole and takes machines. */
export function complaints(state: NodeState, sinceSeconds: number): string[] {
  const jobs = state.slots.join(" ");
  const differing = (["domains", "folders", "emulators"] as const)
    .filter((what) => state[what].join(" ") !== jobs)
    .map((what) => `${what} [${state[what].join(" ")}], but jobs [${jobs}]`);
  return [
    ...differing,
    ...state.temporaries.map((file) => `temporary ${file}`),
    ...(state.hasVm ? [] : ["HTCondor says that it runs no VM"]),
    ...(state.heartbeat > sinceSeconds ? [] : ["no sign of life of its agent since"]),
  ];
}
