import { describe, expect, test } from "vitest";
import {
  encodeFailures,
  FAILURES_MAX,
  type MachineFailure,
  type MachineReport,
  machineReportAttributes,
  type NodeReport,
  nodeReportAttributes,
  parseFailures,
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

describe("the failures that a node tells of", () => {
  const failure: MachineFailure = { globalJobId: machine.globalJobId, at: 1_764_000_000, message: 'QEMU: "größer" \n' };
  const read = (value: unknown) => parseFailures({ CloudFailures: value });

  test("read back as they were written, and are plain enough for a ClassAd", () => {
    const many = Array.from({ length: FAILURES_MAX }, (_, index) => ({ ...failure, at: index + 1 }));
    expect(read(encodeFailures(many))).toEqual(many);
    expect(read(encodeFailures([]))).toEqual([]);
    expect(encodeFailures(many)).toMatch(/^[A-Za-z0-9+/=]+$/);
  });

  test("are no more and no longer than the contract says", () => {
    expect(() => encodeFailures(Array.from({ length: FAILURES_MAX + 1 }, () => failure))).toThrow();
    expect(() => encodeFailures([{ ...failure, message: "x".repeat(501) }])).toThrow();
  });

  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
  test.each([
    undefined,
    7,
    "no base64!",
    Buffer.from("no JSON").toString("base64"),
    base64({}),
    base64([{ ...failure, globalJobId: "../12.0" }]),
    base64([{ ...failure, message: "x".repeat(501) }]),
  ])("are none where the slot says %j", (value) => {
    expect(read(value)).toEqual([]);
  });
});
