import {
  MACHINE_ATTRIBUTES,
  type MachineFailure,
  type MachineReport,
  type NodeReport,
  parseFailures,
  parseMachineReport,
  parseNodeReport,
  SLOT_ATTRIBUTE,
} from "../../contract/node-report.ts";
import { type Ad, parseAds } from "./output.ts";

/** What a query of machines asks for. */
export const MACHINE_SLOT_ATTRIBUTES: readonly string[] = ["Name", ...MACHINE_ATTRIBUTES];

/** What a query of failures asks for. */
export const FAILURE_SLOT_ATTRIBUTES: readonly string[] = ["Name", SLOT_ATTRIBUTE.failures];

/** What a query of nodes asks for: what is free, and what the node says about itself. */
export const NODE_SLOT_ATTRIBUTES: readonly string[] = [
  "Name",
  "Memory",
  "Cpus",
  "TotalSlotMemory",
  "TotalSlotCpus",
  ...Object.values(SLOT_ATTRIBUTE).filter(
    (name) => name !== SLOT_ATTRIBUTE.failures && !MACHINE_ATTRIBUTES.some((other) => other === name),
  ),
];

/** What a node says about the machine in one of its slots. */
export interface SlotReport {
  /** The slot's name, `slot1_1@host`. */
  readonly slot: string;
  readonly machine: MachineReport;
}

/** A machine that a node could not start, or that failed on it. */
export interface NodeFailure extends MachineFailure {
  /** The execute node. */
  readonly host: string;
}

/** An execute node of ours, as far as it tells whether a machine fits. */
export interface NodeSlot {
  /** The execute node. */
  readonly host: string;
  /** The memory that no job has taken yet; undefined where the slot does not say. */
  readonly freeMemoryMiB: number | undefined;
  /** The processors that no job has taken yet; undefined where the slot does not say. */
  readonly freeCpus: number | undefined;
  /** What its machines can take together; undefined where the slot does not say. */
  readonly totalMemoryMiB?: number | undefined;
  /** What its machines can take together; undefined where the slot does not say. */
  readonly totalCpus?: number | undefined;
  readonly report: NodeReport;
}

/** Reads the answer of `condor_status -json`; slots without a machine's report, or with a broken one, are left out. */
export function parseSlots(command: string, output: string): SlotReport[] {
  return slotsOf(command, output).flatMap(({ slot, ad }) => {
    const machine = parseMachineReport(ad);
    return machine === undefined ? [] : [{ slot, machine }];
  });
}

/** Reads what nodes say went wrong with machines; a node whose list breaks the contract says nothing. */
export function parseNodeFailures(command: string, output: string): NodeFailure[] {
  return slotsOf(command, output).flatMap(({ slot, ad }) =>
    parseFailures(ad).map((failure) => ({ host: hostOf(slot), ...failure })),
  );
}

/** Reads the nodes of ours among the slots; one whose report breaks the contract is none. */
export function parseNodes(command: string, output: string): NodeSlot[] {
  return slotsOf(command, output).flatMap(({ slot, ad, size }) => {
    const report = parseNodeReport(ad);
    return report === undefined ? [] : [{ host: hostOf(slot), ...size, report }];
  });
}

/** The execute node of a slot, `slot1_1@host`; empty when there is no slot. */
export function hostOf(slot: string): string {
  return slot.split("@").at(-1) ?? "";
}

/** The slots that have a name, our attributes under the names that the contract writes. */
function slotsOf(command: string, output: string) {
  return parseAds(command, output).flatMap((ad) => {
    if (typeof ad.name !== "string") return [];
    const size = {
      freeMemoryMiB: numberOrNone(ad.memory),
      freeCpus: numberOrNone(ad.cpus),
      totalMemoryMiB: numberOrNone(ad.totalslotmemory),
      totalCpus: numberOrNone(ad.totalslotcpus),
    };
    return [{ slot: ad.name, ad: asWritten(ad), size }];
  });
}

function asWritten(ad: Ad): Ad {
  return Object.fromEntries(Object.values(SLOT_ATTRIBUTE).map((name) => [name, ad[name.toLowerCase()]]));
}

function numberOrNone(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
