import {
  MACHINE_ATTRIBUTES,
  type MachineReport,
  parseMachineReport,
  SLOT_ATTRIBUTE,
} from "../../contract/node-report.ts";
import { type Ad, parseAds } from "./output.ts";

/** What a query of slots asks for. */
export const SLOT_ATTRIBUTES: readonly string[] = ["Name", ...MACHINE_ATTRIBUTES];

/** What a node says about the machine in one of its slots. */
export interface SlotReport {
  /** The slot's name, `slot1_1@host`. */
  readonly slot: string;
  readonly machine: MachineReport;
}

/** Reads the answer of `condor_status -json`; slots without a machine's report, or with a broken one, are left out. */
export function parseSlots(command: string, output: string): SlotReport[] {
  return parseAds(command, output).flatMap((ad) => {
    const machine = parseMachineReport(asWritten(ad));
    return machine === undefined || typeof ad.name !== "string" ? [] : [{ slot: ad.name, machine }];
  });
}

/** The ad under the names that the contract writes. */
function asWritten(ad: Ad): Ad {
  return Object.fromEntries(Object.values(SLOT_ATTRIBUTE).map((name) => [name, ad[name.toLowerCase()]]));
}
