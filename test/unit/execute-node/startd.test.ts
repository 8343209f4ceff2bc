import { expect, test } from "vitest";
import { newSealKeys } from "../../../contract/sealed.ts";
import { parseSlots } from "../../../execute-node/agent/startd.ts";

/** The slots of a node as `condor_status -direct -json` gives them, with the same part in each. */
function slots(part: object): string {
  const ads = [{ Name: "slot1@a" }, { Name: "slot1_1@a", GlobalJobId: "ap#1.0#1", JobUniverse: 13 }];
  return JSON.stringify(ads.map((ad) => ({ ...ad, ...part })));
}

test("an empty answer of the startd is no statement about its jobs", () => {
  expect(parseSlots("")).toBeUndefined();
  expect(parseSlots("[]")).toBeUndefined();
});

test("the jobs in the slots are told with the slot's name on its own node", () => {
  const view = parseSlots(slots({ HasVM: true, VM_Type: "kvm", VMOfflineReason: null, VMOfflineTime: null }));
  expect(view).toEqual({
    jobs: [expect.objectContaining({ slot: "slot1_1", globalJobId: "ap#1.0#1", universe: 13 })],
    vm: { able: true },
  });
});

test("a job that goes by the GlobalJobId of another is none", () => {
  expect(parseSlots(slots({ JobId: "2.0" }))?.jobs).toEqual([]);
  expect(parseSlots(slots({ JobId: "1.0" }))?.jobs).toHaveLength(1);
});

test("a node that HTCondor took out after a failed start is offline, with HTCondor's reason", () => {
  const mark = { HasVM: false, VM_Type: "kvm", VMOfflineReason: "VMGAHP_ERR_INTERNAL", VMOfflineTime: 1764000000 };
  expect(parseSlots(slots(mark))?.vm).toEqual({
    able: false,
    kind: "offline",
    reason: "VMGAHP_ERR_INTERNAL",
    since: 1764000000,
  });
});

test("a node whose startd could not test vm-gahp is untested, even where somebody set HasVM", () => {
  for (const HasVM of [false, true]) {
    expect(parseSlots(slots({ HasVM }))?.vm).toMatchObject({ able: false, kind: "untested" });
  }
});

test("what a job wrote that is of no use to us hides neither its slot nor another", () => {
  const other = { Name: "slot1_2@exec1", GlobalJobId: "ap#2.0#1", JobId: "2.0", JobStart: 1 };
  for (const odd of [5, null, true, { a: 1 }]) {
    const all = JSON.parse(slots({ CloudSpec: odd, JobStart: "soon", Memory: "all" }));
    const jobs = parseSlots(JSON.stringify([...all, other]))?.jobs;
    expect(jobs?.map(({ globalJobId }) => globalJobId)).toEqual(["ap#1.0#1", "ap#2.0#1"]);
    expect(jobs?.[0]).toMatchObject({ specDigest: undefined, startedAt: undefined });
  }
});

test("for whom a console's password is sealed is read from the slot, and nobody where that is no key", () => {
  const { publicKey } = newSealKeys();
  expect(parseSlots(slots({ CloudSealKey: publicKey }))?.jobs[0]?.sealKey).toBe(publicKey);
  for (const CloudSealKey of ["-", "", `${publicKey}=`, "x".repeat(44).replace("x", "$"), 7, null, ["a"]]) {
    expect(parseSlots(slots({ CloudSealKey }))?.jobs).toEqual([expect.objectContaining({ sealKey: undefined })]);
  }
});
