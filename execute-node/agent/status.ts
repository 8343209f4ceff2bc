import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MachineFailure, MachineReport, NodeReport } from "../../contract/node-report.ts";
import { nodePaths } from "../configuration.ts";
import type { Agent } from "./agent.ts";
import { CacheDescription } from "./cache-description.ts";
import { CONSOLE_FILE } from "./console-log.ts";
import { listConsoles } from "./consoles.ts";
import { type Machine, reportOf } from "./machine.ts";

/** A machine of the node, for its administrator, without what is sealed for its owner. */
export const MachineDescription = MachineReport.omit({ sealedVncPassword: true }).extend({
  /** Absent while it is prepared, and for a domain whose folder is gone. */
  name: z.string().optional(),
  /** `user@domain`, as HTCondor authenticated it. */
  owner: z.string().optional(),
  image: z.string().optional(),
  memoryMiB: z.int().optional(),
  vcpus: z.int().optional(),
  /** Unix time in seconds. */
  preparedAt: z.int().optional(),
  /** What is kept of its serial console. */
  consoleBytes: z.int().nonnegative().optional(),
});
export type MachineDescription = z.infer<typeof MachineDescription>;

/** The serial console of a machine that has ended. */
const KeptConsoleDescription = z.object({
  globalJobId: z.string(),
  path: z.string(),
  bytes: z.int().nonnegative(),
  /** Unix time in seconds. */
  endedAt: z.int(),
});

/** How a node does, as its agent knows it. No secrets: whoever reaches the agent may ask. */
export const NodeStatus = z.object({
  schema: z.literal(1),
  agent: z.object({
    pid: z.int().positive(),
    /** Unix time in seconds. */
    startedAt: z.int().positive(),
  }),
  /** What it last said in the pool; absent before it has. */
  node: NodeReport.optional(),
  cache: CacheDescription,
  machines: z.array(MachineDescription),
  consoles: z.array(KeptConsoleDescription),
  failures: z.array(MachineFailure),
});
export type NodeStatus = z.infer<typeof NodeStatus>;

/** Describes the node. */
export async function nodeStatus(agent: Agent): Promise<NodeStatus> {
  const { cache, configuration, failures, reporter } = agent.parts;
  return {
    schema: 1,
    agent: { pid: process.pid, startedAt: Math.floor(Date.now() / 1000 - process.uptime()) },
    node: reporter.lastNode,
    cache: cache.describe(),
    machines: await Promise.all([...agent.machines.values()].map((machine) => describeMachine(agent, machine))),
    consoles: await listConsoles(nodePaths(configuration.stateFolder).consoles),
    failures: [...failures.list],
  };
}

async function describeMachine(agent: Agent, machine: Machine): Promise<MachineDescription> {
  const { record, globalJobId } = machine;
  const { sealedVncPassword, ...report } = reportOf(machine);
  const consolePath = join(agent.parts.folders.pathOf(globalJobId), CONSOLE_FILE);
  return {
    ...report,
    name: record?.spec.name,
    owner: record?.user,
    image: record?.spec.image,
    memoryMiB: record?.spec.size.memoryMiB,
    vcpus: record?.spec.size.vcpus,
    preparedAt: record?.preparedAt,
    consoleBytes: await stat(consolePath).then(
      ({ size }) => size,
      () => undefined,
    ),
  };
}
