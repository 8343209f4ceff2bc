import { expect, test } from "vitest";
import { sharedAnalyses } from "../../../provider/htcondor/analyses.ts";
import { parseJobs } from "../../../provider/htcondor/jobs.ts";
import type { Run } from "../../../provider/htcondor/run.ts";
import { FakeCondor } from "./fake-condor.ts";
import { sampleJob } from "./samples.ts";

/** A schedd that analyses whatever job it is asked about, and counts the questions. */
async function withJobs(sizesMiB: readonly number[]) {
  const condor = new FakeCondor();
  const { pool } = condor.context();
  const jobs = await Promise.all(
    sizesMiB.map((memoryMiB, number) =>
      pool.submit(sampleJob({ key: `shop/dev/t/m${number}`, name: `m${number}`, size: { memoryMiB, vcpus: 1 } })),
    ),
  );
  let asked = 0;
  const run: Run = async (_command, options) => {
    asked += options.at(-1)?.match(/ap\.example/g)?.length ?? 0;
    return jobs
      .filter(({ globalJobId }) => options.at(-1)?.includes(globalJobId))
      .map(
        ({ clusterId, procId, cloud }) =>
          `The Requirements expression for job ${clusterId}.${procId} is\n[0]  0  Memory >= ${cloud?.job.spec.size.memoryMiB}\n`,
      )
      .join("\n");
  };
  return { jobs, run, questions: () => asked };
}

test("machines that need the same share one analysis, whenever they ask", async () => {
  const { jobs, run, questions } = await withJobs(Array.from({ length: 200 }, () => 512));
  const analyze = sharedAnalyses(run);
  const [first, ...others] = jobs;
  expect(first && (await analyze(first))).toEqual(["HTCondor: no slot meets Memory >= 512"]);
  const told = await Promise.all(others.map(analyze));
  expect(new Set(told.flat())).toEqual(new Set(["HTCondor: no slot meets Memory >= 512"]));
  expect(questions()).toBe(1);
});

test("machines that need different things are each told their own, a few of them", async () => {
  const { jobs, run, questions } = await withJobs(Array.from({ length: 50 }, (_, number) => 100 + number));
  const analyze = sharedAnalyses(run);
  const told = await Promise.all(jobs.map(analyze));
  expect(told[0]).toEqual(["HTCondor: no slot meets Memory >= 100"]);
  expect(told[1]).toEqual(["HTCondor: no slot meets Memory >= 101"]);
  expect(told[49]).toEqual([]);
  expect(questions()).toBe(4);
});

test("an answer counts for a minute", async () => {
  const { jobs, run, questions } = await withJobs([512]);
  let now = 0;
  const analyze = sharedAnalyses(run, () => now);
  const [job] = jobs;
  if (job === undefined) expect.fail("no job");
  await analyze(job);
  now += 59_000;
  await analyze(job);
  expect(questions()).toBe(1);
  now += 2000;
  await analyze(job);
  expect(questions()).toBe(2);
});

test("a job that cannot be read is told its own", async () => {
  const ad = { ClusterId: 1, ProcId: 0, GlobalJobId: "ap.example#1.0#1795562971", QDate: 1, JobStatus: 1 };
  const [odd] = parseJobs("condor_q", JSON.stringify([ad]));
  const analyze = sharedAnalyses(async () => "The Requirements expression for job 1.000 is\n[0]  0  TARGET.HasVM\n");
  expect(odd && (await analyze(odd))).toEqual(["HTCondor: no slot meets TARGET.HasVM"]);
});
