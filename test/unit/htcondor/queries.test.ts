import { describe, expect, test } from "vitest";
import { jobAttributes } from "../../../contract/job-ad.ts";
import {
  encodeFailures,
  machineReportAttributes,
  type NodeReport,
  nodeReportAttributes,
} from "../../../contract/node-report.ts";
import { UnexpectedOutputError } from "../../../provider/htcondor/errors.ts";
import { parseJobs } from "../../../provider/htcondor/jobs.ts";
import { parseNodeFailures, parseNodes, parseSlots } from "../../../provider/htcondor/slots.ts";
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

  test.each([
    [1, 1_795_562_990],
    [5, 1_795_562_990],
    [2, 1_795_562_980],
  ])("tells when it last ran before now: JobStatus %d", (JobStatus, lastRunAt) => {
    const dates = { JobStatus, JobLastStartDate: 1_795_562_980, JobCurrentStartDate: 1_795_562_990 };
    expect(parseJobs("condor_q", JSON.stringify([ad(sampleJob(), dates)]))[0]).toMatchObject({ lastRunAt });
    expect(parseJobs("condor_q", JSON.stringify([ad(sampleJob(), { JobStatus })]))[0]?.lastRunAt).toBeUndefined();
  });

  test("is still a job when somebody edited it so that it breaks the contract", () => {
    const [parsed] = parseJobs("condor_q", JSON.stringify([ad(sampleJob(), { CloudLabels: "no base64!" })]));
    expect(parsed).toMatchObject({ globalJobId: ID, key: sampleJob().key, cloud: undefined });
  });
});

describe("a stranger's odd job", () => {
  test("does not spoil the list: what should be words and is none counts as none", () => {
    const odd = {
      ...ad(),
      HoldReason: 7,
      RemoveReason: ["x"],
      RemoteHost: {},
      Owner: true,
      CloudKey: 1,
      HoldReasonCode: "x",
    };
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

describe("a node as condor_status prints it", () => {
  const report: NodeReport = {
    heartbeat: 1_795_562_980,
    images: [],
    cacheUsedMiB: 0,
    cacheAvailableMiB: 2000,
    diskFreeMiB: 3400,
    networks: ["default"],
    acceleration: "kvm",
    architectures: ["x86_64"],
    firmwares: ["bios", "uefi"],
    trouble: "libvirt schwieg",
  };
  const slot = { Name: "slot1@exec1", Memory: 512, Cpus: 2, ...nodeReportAttributes(report) };
  const refusal = { globalJobId: ID, at: 1_795_562_990, message: "voll – 3 MiB frei" };

  test("is read with what is free and what it says of itself", () => {
    const [node] = parseNodes("condor_status", JSON.stringify([slot]));
    expect(node).toEqual({ host: "exec1", freeMemoryMiB: 512, freeCpus: 2, report });
  });

  test("is left out when it is none of ours, or its report breaks the contract", () => {
    const ads = [{ Name: "slot1@exec2", Memory: 1 }, { ...slot, CloudHeartbeat: "now" }, nodeReportAttributes(report)];
    expect(parseNodes("condor_status", JSON.stringify(ads))).toEqual([]);
  });

  test("is read with the failures that it tells of", () => {
    const ads = [
      { ...slot, CloudFailures: encodeFailures([refusal]) },
      { Name: "slot1@exec2", CloudFailures: "x" },
    ];
    expect(parseNodeFailures("condor_status", JSON.stringify(ads))).toEqual([{ host: "exec1", ...refusal }]);
  });
});
