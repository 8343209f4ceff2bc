import { expect, test } from "vitest";
import { askQueue } from "../../../provider/htcondor/ask-queue.ts";
import { UnexpectedOutputError } from "../../../provider/htcondor/errors.ts";
import { parseHolders } from "../../../provider/htcondor/holders.ts";
import type { Run } from "../../../provider/htcondor/run.ts";

const COMPLETED = {
  GlobalJobId: "ap.example#12.0#1795562971",
  ClusterId: 12,
  ProcId: 0,
  Owner: "alice",
  QDate: 1_795_562_971,
  JobStatus: 4,
  JobVM_MACADDR: "02:00:00:00:00:01",
};

/** Answers each question with the next of these, and the counting of jobs with `jobs`. */
function queueOf(jobs: number, ...answers: string[]): { run: Run; asked: () => number } {
  let asked = 0;
  return {
    run: async (_command, options) =>
      options.includes("-totals") ? JSON.stringify([{ jobs }]) : (answers[Math.min(asked++, answers.length - 1)] ?? ""),
    asked: () => asked,
  };
}

const ask = (run: Run) => askQueue(run, ["JobStatus"], ["-allusers"], {}, parseHolders);

test("a queue whose jobs are all of no use to the reader was read", async () => {
  const { run, asked } = queueOf(1, JSON.stringify([COMPLETED]));
  expect(await ask(run)).toEqual([]);
  expect(asked()).toBe(1);
});

test.each(["", "[\n]\n"])("a queue that shows nothing (%j) and counts none is empty", async (nothing) => {
  const { run, asked } = queueOf(0, nothing);
  expect(await ask(run)).toEqual([]);
  expect(asked()).toBe(1);
});

test("jobs that came between the two are read", async () => {
  const { run } = queueOf(1, "", JSON.stringify([{ ...COMPLETED, JobStatus: 2 }]));
  expect(await ask(run)).toHaveLength(1);
});

test("a queue that counts jobs and never shows one was not read", async () => {
  await expect(ask(queueOf(1, "").run)).rejects.toThrow(UnexpectedOutputError);
});
