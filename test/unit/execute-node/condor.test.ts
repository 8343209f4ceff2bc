import { expect, test } from "vitest";
import { type NodeConfiguration, NodeConfigurationSchema } from "../../../execute-node/configuration.ts";
import { condorConfiguration } from "../../../execute-node/install/condor.ts";

function textOf(changes: Partial<NodeConfiguration> = {}): string {
  return condorConfiguration(NodeConfigurationSchema.parse({ store: "/srv/images", ...changes }), "/usr/lib/programs");
}

test("what an administrator does not say about a node's size stays HTCondor's own, or an earlier file's", () => {
  const text = textOf();
  expect(text).not.toMatch(/^(?:NUM_CPUS|MEMORY) =/m);
  expect(text).toContain("\nVM_MEMORY = $(MEMORY:$(DETECTED_MEMORY))\n");
});

test("a node offers more than it has only where its administrator says so", () => {
  const text = textOf({ memoryOvercommit: 4, cpuOvercommit: 2.5 });
  expect(text).toContain("\nNUM_CPUS = int($(NUM_CPUS:$(DETECTED_CPUS_LIMIT)) * 2.5)\n");
  expect(text).toContain("\nMEMORY = int($(MEMORY:$(DETECTED_MEMORY)) * 4)\n");
  expect(textOf({ memoryMiB: 4096 })).toContain("\nMEMORY = 4096\n");
  expect(textOf({ memoryMiB: 4096, memoryOvercommit: 1.5 })).toContain("\nMEMORY = int(4096 * 1.5)\n");
});

test("a node is one slot that is divided as machines need it, unless an earlier file divides it", () => {
  const lines = ["NUM_SLOTS_TYPE_1 = 1", "SLOT_TYPE_1 = 100%", "SLOT_TYPE_1_PARTITIONABLE = True"];
  expect(textOf()).toContain(
    ["if ! defined NUM_SLOTS_TYPE_1", ...lines.map((line) => `  ${line}`), "endif\n"].join("\n"),
  );
});

test("a job of ours that a hook can judge reaches the hook, whose reason its owner sees", () => {
  const [, allowed = ""] = /^CloudJobAllowed = ((?:.*\\\n)*.*)$/m.exec(textOf()) ?? [];
  expect(allowed).toContain('TARGET.HookKeyword =?= "CLOUD"');
  expect(allowed).not.toContain("CloudSchema");
  expect(allowed).toContain("ifThenElse(isInteger(TARGET.CloudDiskGiB),");
});

test("why other VM jobs stay idle stands in the slot, in one line of plain text", () => {
  expect(textOf()).toMatch(/^CloudAdmission = "VM jobs start here with HookKeyword CLOUD, [^"\\$]+"$/m);
  expect(textOf()).toContain("\nSTARTD_ATTRS = $(STARTD_ATTRS) CloudAdmission\n");
});

test("a node ranks all jobs alike where its administrator does not say otherwise, so that no job's own rank counts as its", () => {
  expect(textOf()).toContain("\nRANK = $(RANK:0)\n");
});
