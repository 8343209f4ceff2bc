import { describe, expect, test } from "vitest";
import { jobAttributes } from "../../../contract/job-ad.ts";
import { machineReportAttributes } from "../../../contract/node-report.ts";
import { UnexpectedOutputError } from "../../../provider/htcondor/errors.ts";
import { parseJobs } from "../../../provider/htcondor/jobs.ts";
import { parseSlots } from "../../../provider/htcondor/slots.ts";
import { sampleJob } from "./samples.ts";

const ID = "ap.example#12.0#1795562971";

const ad = (job = sampleJob(), change: Record<string, unknown> = {}) => ({
  ClusterId: 12,
  ProcId: 0,
  GlobalJobId: ID,
  JobStatus: 2,
  Owner: "alice",
  QDate: 1_795_562_971,
  RemoteHost: "slot1_1@exec1.example",
  JobVMMemory: job.spec.size.memoryMiB,
  JobVM_VCPUS: job.spec.size.vcpus,
  JobVM_MACADDR: job.spec.macAddress,
  ...jobAttributes(job),
  ...change,
});

describe("a job as condor_q prints it", () => {
  test("is read with what the contract says of it", () => {
    const job = sampleJob({ labels: { note: 'é "$(x)' } });
    const [parsed] = parseJobs("condor_q", JSON.stringify([ad(job)]));
    expect(parsed).toMatchObject({ globalJobId: ID, clusterId: 12, procId: 0, status: 2, owner: "alice" });
    expect(parsed?.slot).toBe("slot1_1@exec1.example");
    expect(parsed?.cloud?.job).toEqual(job);
  });

  test("may have undefined attributes, which print as null, and names in any case", () => {
    const lower = Object.fromEntries(
      Object.entries(ad(sampleJob(), { CloudDiskGiB: null, HoldReason: null, RemoteHost: null })).map(
        ([name, value]) => [name.toLowerCase(), value],
      ),
    );
    const [parsed] = parseJobs("condor_q", JSON.stringify([lower]));
    expect(parsed?.cloud?.job.spec.size).toEqual({ memoryMiB: 512, vcpus: 1 });
    expect(parsed).toMatchObject({ slot: "", holdReason: "" });
  });

  test("is still a job when somebody edited it so that it breaks the contract", () => {
    const [parsed] = parseJobs("condor_q", JSON.stringify([ad(sampleJob(), { CloudLabels: "no base64!" })]));
    expect(parsed).toMatchObject({ globalJobId: ID, key: sampleJob().key, cloud: undefined });
  });
});

describe("a stranger's odd job", () => {
  test("does not spoil the list: what should be words and is none counts as none", () => {
    const odd = { ...ad(), HoldReason: 7, RemoveReason: ["x"], RemoteHost: {}, Owner: true, CloudKey: 1 };
    const [first, second] = parseJobs("condor_q", JSON.stringify([odd, ad()]));
    expect(first).toMatchObject({ holdReason: "", removeReason: "", slot: "", owner: "", cloud: undefined });
    expect(second?.cloud).toBeDefined();
  });
});

describe("an answer of HTCondor", () => {
  test.each(["", "\n", "[]", "[\n]\n"])("means no jobs when it is %j", (output) => {
    expect(parseJobs("condor_q", output)).toEqual([]);
  });

  test.each([
    "garbage",
    '[{"ClusterId": 1',
    "{}",
    "null",
    "[1]",
    "[null]",
    "[{}]",
    "-- Schedd: ap\n[]",
    JSON.stringify([ad(sampleJob(), { GlobalJobId: "x" })]),
    JSON.stringify([ad(sampleJob(), { JobStatus: "2" })]),
  ])("never means 'no jobs' when it cannot be read: %j", (output) => {
    expect(() => parseJobs("condor_q", output)).toThrow(UnexpectedOutputError);
  });

  test("is shown by its beginning in the error", () => {
    expect(() => parseJobs("condor_q", `oops ${"x".repeat(9999)}`)).toThrow(/condor_q.*\n.*"oops x{200}/);
  });
});

describe("a slot as condor_status prints it", () => {
  const machine = machineReportAttributes({
    globalJobId: ID,
    state: "running",
    ipAddress: "10.0.0.7",
    vncAddress: "exec1:5900",
    startedAt: 1_795_562_980,
    message: "läuft",
  });

  test("is read with its machine's report", () => {
    const [slot] = parseSlots("condor_status", JSON.stringify([{ Name: "slot1_1@exec1", ...machine }]));
    expect(slot?.slot).toBe("slot1_1@exec1");
    expect(slot?.machine).toMatchObject({ globalJobId: ID, ipAddress: "10.0.0.7", message: "läuft" });
  });

  test("is left out when it reports no machine, or one that breaks the contract", () => {
    const ads = [{ Name: "slot1@exec1" }, { Name: "slot2", ...machine, CloudInstanceState: "dancing" }, machine];
    expect(parseSlots("condor_status", JSON.stringify(ads))).toEqual([]);
  });
});
