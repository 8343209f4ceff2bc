import { describe, expect, test } from "vitest";
import { classAdLiteral } from "../../../contract/classad.ts";
import { encodeLabels } from "../../../contract/job-ad.ts";
import { LABELS_MAX_BYTES, Labels } from "../../../contract/patterns.ts";
import { jobsWithIds } from "../../../provider/htcondor/classad.ts";
import {
  CommandFailedError,
  JobNotFoundError,
  PermissionError,
  RefusedError,
} from "../../../provider/htcondor/errors.ts";
import { SubmissionLimits } from "../../../provider/htcondor/submission-limits.ts";
import { FakeCondor, silence } from "./fake-condor.ts";
import { sampleJob } from "./samples.ts";

/** What Linux bounds one argument of a command at. */
const ARGUMENT_BYTES_MAX = 131_071;

const NAMES = ["a", "b", "c", "d", "e"];
const job = (name: string) => sampleJob({ key: `shop/dev/t/${name}`, name });

/** A schedd with a machine of each name. */
async function withMachines(names = NAMES) {
  const condor = new FakeCondor();
  const { pool } = condor.context();
  const jobs = await Promise.all(names.map((name) => pool.submit(job(name))));
  condor.log.length = 0;
  return { condor, pool, ids: jobs.map((queued) => queued.globalJobId) };
}

const reasons = (results: PromiseSettledResult<unknown>[]) =>
  results.map((result) => (result.status === "rejected" ? result.reason : undefined));

describe("machines that are submitted together", () => {
  test("take one command, and one to read them back", async () => {
    const condor = new FakeCondor();
    const { pool } = condor.context();
    const queued = await Promise.all(NAMES.map((name) => pool.submit(job(name))));
    expect(queued.map((each) => each.key)).toEqual(NAMES.map((name) => job(name).key));
    expect(condor.log).toEqual(["condor_submit", "condor_q"]);
  });

  test("are all queued once but the one that HTCondor refuses", async () => {
    const condor = new FakeCondor();
    condor.refused.add("c");
    const { pool } = condor.context();
    const failures = reasons(await Promise.allSettled(NAMES.map((name) => pool.submit(job(name)))));
    expect(failures.map((failure) => failure !== undefined)).toEqual([false, false, true, false, false]);
    expect(failures[2].message).toContain("Transaction failed.");
    expect(condor.jobs.map((queued) => queued.CloudName).sort()).toEqual(["a", "b", "d", "e"]);
  });

  test("cost few commands where the pool refuses all of them in the same words, and say so", async () => {
    const condor = new FakeCondor();
    const names = Array.from({ length: 1000 }, (_, number) => `m${number}`);
    for (const name of names) condor.refused.add(name);
    const { pool } = condor.context();
    const failures = reasons(await Promise.allSettled(names.map((name) => pool.submit(job(name)))));
    expect(failures.every((failure) => failure instanceof RefusedError)).toBe(true);
    expect(failures[0].message).toMatch(/did not take the machine m0\.\n {2}Transaction failed\./);
    expect(failures[999].message).toMatch(
      /machine m999, as \d+ before it; it was not tried alone\.\n {2}Transaction failed/,
    );
    expect(condor.log.length).toBeLessThan(40);
  });

  test("are queued behind many that are refused, where nothing is wrong with them", async () => {
    const condor = new FakeCondor();
    const names = Array.from({ length: 64 }, (_, number) => `m${number}`);
    for (const name of names.slice(0, 16)) condor.refused.add(name);
    const { pool } = condor.context();
    const failures = reasons(await Promise.allSettled(names.map((name) => pool.submit(job(name)))));
    expect(failures.map((failure) => failure !== undefined)).toEqual(names.map((_, number) => number < 16));
  });

  test.each(["5", undefined])(
    "go into submissions as large as the access point takes, which is learnt once: it says %j",
    async (told) => {
      const condor = Object.assign(new FakeCondor(), { jobsPerSubmission: 5, toldJobsPerSubmission: told });
      const names = Array.from({ length: 40 }, (_, number) => `m${number}`);
      const { pool } = condor.context();
      const queued = await Promise.all(names.map((name) => pool.submit(job(name))));
      expect(queued.map(({ key }) => key)).toEqual(names.map((name) => job(name).key));
      expect(condor.log.filter((command) => command === "condor_config_val").length).toBeLessThan(told ? 2 : 4);
      expect(condor.log.filter((command) => command === "condor_submit").length).toBeLessThan(told ? 10 : 14);
      condor.log.length = 0;
      await Promise.all(names.slice(0, 5).map((name) => pool.submit(job(`${name}-again`))));
      expect(condor.log).toEqual(["condor_submit", "condor_q"]);
    },
  );

  test("go into several submissions where one would be very large", () => {
    const seed = "A".repeat(64 * 1024);
    const jobs = Array.from({ length: 300 }, (_, number) => ({ ...job(`m${number}`), seed }));
    const parts = new SubmissionLimits().partsOf(jobs);
    expect(parts.flat()).toEqual(jobs);
    expect(parts).toHaveLength(3);
  });

  test("fail none but the one that was changed on its way", async () => {
    const condor = new FakeCondor();
    const { pool } = condor.context();
    condor.after = (command) => {
      if (command === "condor_submit") Object.assign(condor.jobs[1] ?? {}, { CloudLabels: "odd" });
    };
    const failures = reasons(await Promise.allSettled(NAMES.map((name) => pool.submit(job(name)))));
    expect(failures.map((failure) => failure !== undefined)).toEqual([false, true, false, false, false]);
    expect(failures[1].message).toMatch(/was submitted for b and is not in the queue as submitted/);
  });

  test("are not submitted again when nobody knows whether they were", async () => {
    const condor = new FakeCondor();
    const { pool } = condor.context();
    condor.after = () => {
      throw silence();
    };
    expect(reasons(await Promise.allSettled(NAMES.map((name) => pool.submit(job(name)))))).not.toContain(undefined);
    expect(condor.log).toEqual(["condor_submit"]);
  });
});

describe("jobs that are edited together", () => {
  const edit = (of: Awaited<ReturnType<typeof withMachines>>) =>
    Promise.allSettled(of.ids.map((id) => of.pool.edit(id, { CloudAcknowledged: true })));

  test("take one command where all are there", async () => {
    const machines = await withMachines();
    expect(reasons(await edit(machines))).toEqual(NAMES.map(() => undefined));
    expect(machines.condor.log).toEqual(["condor_qedit"]);
  });

  test("say which is gone", async () => {
    const machines = await withMachines();
    machines.condor.jobs.splice(3, 1);
    const failures = reasons(await edit(machines));
    expect(failures[3]).toBeInstanceOf(JobNotFoundError);
    expect(failures.filter((failure) => failure !== undefined)).toHaveLength(1);
    expect(machines.condor.jobs.every((each) => each.CloudAcknowledged === true)).toBe(true);
  });

  test("fail none but the one that may not be edited, in HTCondor's words", async () => {
    const machines = await withMachines();
    machines.condor.refused.add(machines.ids[0]);
    machines.condor.jobs.pop();
    const failures = reasons(await edit(machines));
    expect(failures[0]).toBeInstanceOf(CommandFailedError);
    expect(failures[0]).not.toBeInstanceOf(PermissionError);
    expect(failures[0].message).toMatch(/was not edited\.\n {2}Transaction failed\.\n {2}It belongs to alice/);
    expect(failures[4]).toBeInstanceOf(JobNotFoundError);
    expect(machines.condor.jobs.map((each) => each.CloudAcknowledged)).toEqual([false, true, true, true]);
  });
});

describe("many jobs of somebody else's", () => {
  test("cost few commands to be told that they may not be edited", async () => {
    const names = Array.from({ length: 200 }, (_, number) => `m${number}`);
    const { condor, pool, ids } = await withMachines(names);
    for (const id of ids) condor.refused.add(id);
    const failures = reasons(await Promise.allSettled(ids.map((id) => pool.edit(id, { CloudAcknowledged: true }))));
    expect(failures.every((failure) => failure instanceof CommandFailedError)).toBe(true);
    expect(failures[199].message).toMatch(/was not edited, as \d+ before it; it was not tried alone\./);
    expect(condor.log.length).toBeLessThan(70);
  });
});

test("the longest labels fit into a command's argument, beside as many ids as one command takes", () => {
  const labels = { note: "x".repeat(LABELS_MAX_BYTES - JSON.stringify({ note: "" }).length) };
  expect(Labels.safeParse(labels).success).toBe(true);
  expect(Buffer.byteLength(classAdLiteral(encodeLabels(labels)))).toBeLessThan(ARGUMENT_BYTES_MAX);
  const ids = Array.from({ length: 20_000 }, (_, proc) => `ap.example#12.${proc}#1795562971`);
  for (const constraint of jobsWithIds(ids)) expect(Buffer.byteLength(constraint)).toBeLessThan(ARGUMENT_BYTES_MAX);
});

describe("jobs that are removed together", () => {
  test("say which is still there, in HTCondor's words, and complain about none that is gone", async () => {
    const machines = await withMachines(["a", "b"]);
    machines.condor.refused.add(machines.ids[0]);
    machines.condor.jobs.splice(1, 1);
    const failures = reasons(await Promise.allSettled(machines.ids.map((id) => machines.pool.remove(id))));
    expect(failures[0].message).toMatch(/was not removed\.\n {2}Transaction failed\./);
    expect(failures[1]).toBeUndefined();
  });

  test("are removed by every command, also after one that failed", async () => {
    // Enough ids for two constraints; only the last job is there.
    const gone = Array.from({ length: 3000 }, (_, proc) => `${"x".repeat(60)}#9.${proc}#1795562971`);
    const { condor, pool, ids } = await withMachines(["a"]);
    await Promise.all([...gone, ...ids].map((id) => pool.remove(id)));
    expect(condor.jobs).toEqual([]);
    expect(condor.log.filter((command) => command === "condor_rm").length).toBeGreaterThan(1);
  });
});
