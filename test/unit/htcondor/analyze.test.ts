import { expect, test } from "vitest";
import { analyze, tellingLines } from "../../../provider/htcondor/analyze.ts";
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
  },
);

test("an analysis that fails is none, and hides no defect of ours", async () => {
  const failing = async () => {
    throw silence();
  };
  expect(await analyze(failing, ID)).toEqual([]);
  const broken = async () => {
    throw new TypeError("a defect");
  };
  await expect(analyze(broken, ID)).rejects.toThrow("a defect");
});
