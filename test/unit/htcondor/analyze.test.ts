import { expect, test } from "vitest";
import { analyzeEach, partsOf, tellingLines } from "../../../provider/htcondor/analyze.ts";
import { ID } from "../instance/samples.ts";
import { silence } from "./fake-condor.ts";

/** What condor_q -better-analyze of HTCondor 23.9 said of a machine that is too large, shortened. */
const RECORDED = `
-- Schedd: cm.example : <10.77.0.1:9618?...
The Requirements expression for job 3.000 is

    (TARGET.Arch == "X86_64" && TARGET.CloudNodeSchema is 1) && (TARGET.HasVM is true)

         Slots
Step    Matched  Condition
-----  --------  ---------
[0]           1  TARGET.Arch == "X86_64"
[1]          10  TARGET.CloudNodeSchema is 1
[23]          0  TARGET.TotalMemory >= MY.JobVMMemory
[24]          0  VirtualMachineOnEviction is "fail"
[25]      never  false

No successful match recorded.
Last failed match: Wed Nov 25 07:03:12 2026

Reason for last match failure: no match found

003.000:  Run analysis summary ignoring user priority.  Of 1 machines,
      1 are rejected by your job's requirements
      0 reject your job because of their own requirements
      0 match and are already running your jobs
     20 match but are serving other users
      0 are able to run your job
`;

test("HTCondor's analysis is cut to what no slot meets and how many refuse or are taken", () => {
  expect(tellingLines(RECORDED)).toEqual([
    "HTCondor: no slot meets TARGET.TotalMemory >= MY.JobVMMemory",
    "HTCondor: no slot meets false",
    "HTCondor: 1 are rejected by your job's requirements",
    "HTCondor: 20 match but are serving other users",
  ]);
});

test.each(["", "something else entirely", "[0]", "\u0000".repeat(1000)])(
  "an analysis in other words says nothing: %j",
  (text) => {
    expect(tellingLines(text)).toEqual([]);
    expect(partsOf(text).size).toBe(0);
  },
);

/** What it said of two jobs that were asked for together, shortened. */
const RECORDED_OF_TWO = `
-- Schedd: cm.example : <10.77.0.1:9618?...
The Requirements expression for job 1.000 is

    (TARGET.Memory >= RequestMemory)

Job 1.000 defines the following attributes:

    RequestMemory = 99999999 (mb)

The Requirements expression for job 1.000 reduces to these conditions:

         Slots
Step    Matched  Condition
-----  --------  ---------
[5]           0  TARGET.Memory >= RequestMemory

001.000:  Run analysis summary ignoring user priority.  Of 1 machines,
      1 are rejected by your job's requirements

WARNING:  Be advised:
   No machines matched the jobs's constraints

The Requirements expression for job 1.012 is

    (TARGET.Memory >= RequestMemory)

001.012:  Job is running.

001.012:  Run analysis summary ignoring user priority.  Of 1 machines,
      2 match but are serving other users
`;

test("why the negotiator gave it no slot is told, unless that says nothing", () => {
  expect(tellingLines("Reason for last match failure: insufficient priority \n")).toEqual([
    "HTCondor: the last match failed: insufficient priority",
  ]);
  expect(tellingLines("Reason for last match failure: no match found \n")).toEqual([]);
});

test("jobs that wait together are asked for together, and each is told its own", async () => {
  const [first = "", second = "", third = ""] = ["1.0", "1.12", "2.0"].map((job) => `ap.example#${job}#1795562971`);
  const asked: string[] = [];
  const told = await analyzeEach(
    async (command) => {
      asked.push(command);
      return RECORDED_OF_TWO;
    },
    [first, second, third],
  );
  expect(asked).toEqual(["condor_q"]);
  expect(told.get(first)).toEqual([
    "HTCondor: no slot meets TARGET.Memory >= RequestMemory",
    "HTCondor: 1 are rejected by your job's requirements",
  ]);
  expect(told.get(second)).toEqual(["HTCondor: 2 match but are serving other users"]);
  expect(told.get(third)).toEqual([]);
});

test("of a thousand jobs that wait HTCondor is asked for some only, for it weighs each against each slot", async () => {
  const ids = Array.from({ length: 1000 }, (_, index) => `ap.example#1.${index}#1795562971`);
  let constraint = "";
  await analyzeEach(async (_command, options) => {
    constraint = options.at(-1) ?? "";
    return "";
  }, ids);
  expect(constraint.match(/ap\.example/g)).toHaveLength(20);
});

test("an analysis that fails is none, and hides no defect of ours", async () => {
  const failing = async () => {
    throw silence();
  };
  expect(await analyzeEach(failing, [ID])).toEqual(new Map());
  const broken = async () => {
    throw new TypeError("a defect");
  };
  await expect(analyzeEach(broken, [ID])).rejects.toThrow("a defect");
});
