import { expect, test } from "vitest";
import { parseClassAdLines } from "../../../contract/classad.ts";
import { type NodeReport, parseMachineReport, parseNodeReport } from "../../../contract/node-report.ts";
import { machineBlock, nodeBlock, Reporter } from "../../../execute-node/agent/report.ts";

const ID = "ap#1.0#1764000000";

/** A block as the slot gets it: names in the case they were written in. */
function attributes(block: string): Record<string, unknown> {
  const lower = parseClassAdLines(block);
  return Object.fromEntries(
    [...block.matchAll(/^(\w+) = /gm)].map(([, name = ""]) => [name, lower[name.toLowerCase()]]),
  );
}

test("a machine's block goes to the slot of its job and reads back as its report", () => {
  const report = {
    globalJobId: ID,
    state: "running",
    ipAddress: "10.0.0.7",
    startedAt: 1764000001,
    message: 'a "ü"\n- x',
  } as const;
  const block = machineBlock("machine0", report);
  expect(block).toContain(`SlotMergeConstraint = GlobalJobId =?= "${ID}" && JobId =?= "1.0"\n`);
  expect(block).toContain("\nCloudInstanceVnc = undefined\n");
  expect(block.endsWith("\n- machine0 update:true\n")).toBe(true);
  expect(block.match(/^-/gm)).toHaveLength(1);
  expect(parseMachineReport(attributes(block))).toEqual(report);
});

test("the node's block reads back as its report", () => {
  const report: NodeReport = {
    heartbeat: 1764000000,
    images: ["a".repeat(64), "b".repeat(64)],
    cacheUsedMiB: 12,
    cacheAvailableMiB: 2000,
    diskFreeMiB: 3456,
    networks: ["default", "lan"],
    acceleration: "qemu",
    architectures: ["x86_64", "i686"],
    firmwares: ["bios"],
    trouble: "libvirt – was silent",
  };
  expect(parseNodeReport(attributes(nodeBlock(report)))).toEqual(report);
});

test("a reporter repeats nothing, and uses the tag of a withdrawn machine again", () => {
  const said: string[] = [];
  const reporter = new Reporter((text) => said.push(text));
  const other = "ap#2.0#1764000000";
  reporter.machine({ globalJobId: ID, state: "prepared" });
  reporter.machine({ globalJobId: ID, state: "prepared" });
  reporter.machine({ globalJobId: other, state: "prepared" });
  reporter.withdraw(ID);
  reporter.withdraw(ID);
  reporter.machine({ globalJobId: "ap#3.0#1764000000", state: "prepared" });
  expect(said.map((text) => text.trimEnd().split("\n").at(-1))).toEqual([
    "- machine0 update:true",
    "- machine1 update:true",
    "- machine0 update:true",
    "- machine0 update:true",
  ]);
  expect(said[2]).toContain("SlotMergeConstraint = false");
});
