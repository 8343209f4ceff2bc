import { describe, expect, it } from "vitest";
import {
  isNobodyThere,
  machineSlots,
  memoryOffered,
  productOf,
  type Startd,
} from "../../../execute-node/install/htcondor.ts";
import { type Situation, stepsLeft, stepText } from "../../../execute-node/install/steps.ts";

const slot = { Name: "slot1@n", Machine: "n", State: "Unclaimed", TotalCpus: 4, TotalMemory: 2000, VM_Type: "kvm" };
const claimed = { ...slot, Name: "slot1_1@n", State: "Claimed", JobUniverse: 13 };
const startd = (...slots: Startd["slots"]): Startd => ({ address: "<a>", configuredAtMs: 5000, slots });

const settled: Situation = {
  startd: startd(slot),
  layout: { vmType: "kvm", cpus: 4, memoryMiB: 2000, maxMachines: undefined },
  condorFileChangedAtMs: 4000,
  programsChangedAtMs: 4000,
  agent: { pid: 7, startedAt: 6 },
  silentAgents: [],
};

const names = (situation: Situation) => stepsLeft(situation).map(({ step }) => step);

describe("what is left to do after an install", () => {
  it("is nothing where what runs is what is installed", () => {
    expect(stepsLeft(settled)).toEqual([]);
  });

  it("is to start HTCondor where it does not run", () => {
    const [step] = stepsLeft({ ...settled, startd: undefined });
    expect(step && stepText(step, true)).toContain("systemctl enable --now condor");
    expect(step && stepText(step, false)).toContain("condor_master");
  });

  it("is a reconfiguration after a change of HTCondor's file, and the agent alone after one of its programs", () => {
    expect(names({ ...settled, condorFileChangedAtMs: 6000 })).toEqual(["reconfigure"]);
    expect(names({ ...settled, programsChangedAtMs: 8000 })).toEqual(["restart-agent"]);
    expect(names({ ...settled, programsChangedAtMs: 6900 })).toEqual([]);
  });

  it("is a restart of the startd where its slots would be others, which does all the rest", () => {
    const changed = { ...settled, condorFileChangedAtMs: 6000, programsChangedAtMs: 8000 };
    for (const layout of [
      { ...settled.layout, vmType: undefined },
      { ...settled.layout, cpus: 8 },
      { ...settled.layout, memoryMiB: 4000 },
    ]) {
      expect(names({ ...changed, layout })).toEqual(["restart-startd"]);
    }
    expect(names({ ...changed, startd: startd({ ...slot, VM_Type: undefined }) })).toEqual(["restart-startd"]);
  });

  it("is a restart of an agent that runs and does not answer where it should, or a word that none runs", () => {
    const silent = { ...settled, agent: undefined };
    const [step] = stepsLeft({ ...silent, silentAgents: [8] });
    expect(step && stepText(step, true)).toContain("does not answer at its socket: kill 8");
    expect(names(silent)).toEqual(["find-agent"]);
    expect(names({ ...silent, condorFileChangedAtMs: 6000 })).toEqual(["reconfigure"]);
    expect(names({ ...silent, condorFileChangedAtMs: undefined })).toEqual([]);
  });

  it("sees another number of machines, also while some run", () => {
    const layout = { ...settled.layout, maxMachines: 7 };
    expect(names({ ...settled, layout, startd: startd({ ...slot, VM_AvailNum: 64 }) })).toEqual(["restart-startd"]);
    expect(names({ ...settled, layout, startd: startd({ ...slot, VM_AvailNum: 7 }) })).toEqual([]);
    expect(names({ ...settled, layout, startd: startd({ ...slot, VM_AvailNum: 6 }, claimed) })).toEqual([]);
    const busy = stepsLeft({ ...settled, layout, startd: startd({ ...slot, VM_AvailNum: 63 }, claimed) });
    expect(busy).toMatchObject([{ step: "restart-startd", busy: ["slot1_1@n"] }]);
  });

  it("never restarts a startd with a job in a slot: the rest is done without, and the slot is named", () => {
    const layout = { ...settled.layout, cpus: 8 };
    const steps = stepsLeft({ ...settled, layout, condorFileChangedAtMs: 6000, startd: startd(slot, claimed) });
    expect(steps.map(({ step }) => step)).toEqual(["reconfigure", "restart-startd"]);
    expect(steps[1] && stepText(steps[1], true)).toContain("Jobs run in slot1_1@n, so it is left alone");
  });
});

describe("a startd", () => {
  it("is gone only where nobody listens; another failure of condor_status is none of its", () => {
    expect(
      isNobodyThere("condor_status: Error: communication error; CEDAR:6001:Failed to connect to <1.2.3.4:9618>"),
    ).toBe(true);
    expect(isNobodyThere('condor_status: SECMAN:2010:Received "DENIED" from server')).toBe(false);
    expect(isNobodyThere("condor_status: gave no answer within 30 s")).toBe(false);
  });

  it("names the slots of VM jobs, and offers what RESERVED_MEMORY leaves", () => {
    expect(machineSlots(startd(slot, claimed, { ...claimed, Name: "slot1_2@n", JobUniverse: 5 }))).toEqual([
      "slot1_1@n",
    ]);
    expect(memoryOffered(4000, 512)).toBe(3488);
    expect(memoryOffered(4000)).toBe(4000);
    expect(memoryOffered(undefined, 512)).toBeUndefined();
  });
});

describe("a number of HTCondor's configuration", () => {
  it.each([
    ["16", 16],
    ["2 * 8", 16],
    ["int(2 * 1.5)", 3],
    ["int(1.5 * 1.5)", 2],
    ["$(DETECTED_CPUS)", undefined],
    ["", undefined],
    ["4 + 4", undefined],
  ])("%s is %s", (text, expected) => {
    expect(productOf(text)).toBe(expected);
  });
});
