import { describe, expect, test } from "vitest";
import { CommandFailedError, JobNotFoundError, PermissionError } from "../../../provider/htcondor/errors.ts";
import { FakeCondor, silence } from "./fake-condor.ts";
import { sampleJob } from "./samples.ts";

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
