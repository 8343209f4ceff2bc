import { expect, test } from "vitest";
import { specDigest } from "../../../contract/instance-spec.ts";
import type { SlotJob } from "../../../execute-node/agent/startd.ts";
import { runOf } from "../../../execute-node/agent/witness.ts";
import { SPEC } from "./samples.ts";

const NEEDS = { architecture: "x86_64", firmware: "bios", cacheMiB: 300, diskMiB: 500 } as const;
const REQUEST = {
  globalJobId: "ap#7.0#1764000000",
  user: "cloud@pool.test",
  spec: SPEC,
  imageNeeds: NEEDS,
  seed: undefined,
  reservedDiskKiB: 1048576,
};
const SLOT: SlotJob = {
  slot: "slot1_3",
  globalJobId: REQUEST.globalJobId,
  jobId: "7.0",
  user: REQUEST.user,
  universe: 13,
  specDigest: specDigest(SPEC),
  startedAt: 1764000007,
  memoryMiB: 512,
  cpus: 1,
};

test("a request about the job in a slot is told when its run began and where", () => {
  expect(runOf([{ ...SLOT, globalJobId: "ap#6.0#1", jobId: "6.0" }, SLOT], REQUEST)).toEqual({
    startedAt: 1764000007,
    slot: "slot1_3",
  });
});

test.each<[string, Partial<SlotJob>]>([
  ["another job", { globalJobId: "ap#8.0#1764000000" }],
  ["a job whose owner edited its GlobalJobId", { jobId: "8.0" }],
  ["another user's job", { user: "mallory@pool.test" }],
  ["a job that is no virtual machine", { universe: 5 }],
  ["the job with another specification", { specDigest: "b".repeat(64) }],
  ["the job, and does not say since when", { startedAt: undefined }],
])("a request is refused for another attempt where the slot runs %s", (_what, part) => {
  expect(() => runOf([{ ...SLOT, ...part }], REQUEST)).toThrow(
    expect.objectContaining({ retry: true, message: expect.stringContaining("ap#7.0#1764000000") }),
  );
});

test.each<[string, Partial<SlotJob>]>([
  ["less memory", { memoryMiB: 511 }],
  ["fewer processors", { cpus: 0 }],
  ["nobody knows what", { memoryMiB: undefined }],
])("a machine is held where its slot reserves %s", (_what, part) => {
  expect(() => runOf([{ ...SLOT, ...part }], REQUEST)).toThrow(
    expect.objectContaining({ retry: false, message: expect.stringContaining("512 MiB and 1 processors") }),
  );
});

test("a startd that gives no answer vouches for nobody", () => {
  expect(() => runOf(undefined, REQUEST)).toThrow("does not run job");
});
