import { describe, expect, test } from "vitest";
import {
  type MachineReport,
  machineReportAttributes,
  type NodeReport,
  nodeReportAttributes,
  parseMachineReport,
  parseNodeReport,
} from "../../../contract/node-report.ts";

const node: NodeReport = {
  heartbeat: 1_764_000_000,
  images: ["a".repeat(64), "b".repeat(64)],
  cacheUsedMiB: 12,
  cacheAvailableMiB: 2000,
  diskFreeMiB: 3400,
  networks: ["default", "lan"],
  acceleration: "kvm",
  architectures: ["x86_64", "i686"],
  firmwares: ["bios"],
  trouble: "libvirt – was silent",
};
const machine: MachineReport = {
  globalJobId: "ap.pool.test#12.0#1764000000",
  state: "running",
  macAddress: "02:00:00:00:00:01",
  ipAddress: "10.77.1.12",
  vncAddress: "127.0.0.1:5900",
  startedAt: 1_764_000_000,
  message: 'copying 40 % – ümlaut\n"quoted"',
};

describe("what a node advertises", () => {
  test("reads back as it was written", () => {
    expect(parseNodeReport(nodeReportAttributes(node))).toEqual(node);
    expect(parseNodeReport(nodeReportAttributes({ ...node, images: [] }))?.images).toEqual([]);
    expect(parseMachineReport(machineReportAttributes(machine))).toEqual(machine);
  });

  test("a machine without an address yet is a report all the same", () => {
    const preparing: MachineReport = { globalJobId: machine.globalJobId, state: "preparing" };
    expect(parseMachineReport(machineReportAttributes(preparing))).toEqual(preparing);
  });

  test.each([{}, { CloudNodeSchema: 99 }, { CloudInstanceJob: "x" }])("a slot without it has none: %j", (ad) => {
    expect(parseNodeReport(ad)).toBeUndefined();
    expect(parseMachineReport(ad)).toBeUndefined();
  });
});
