import { describe, expect, test } from "vitest";
import { PoolUnreachableError, UnexpectedOutputError, WrongScheddError } from "../../../provider/htcondor/errors.ts";
import { poolOf } from "../../../provider/htcondor/pool.ts";
import type { Run } from "../../../provider/htcondor/run.ts";
import { ID } from "../instance/samples.ts";
import { FakeCondor } from "./fake-condor.ts";

const DIGEST = "a".repeat(64);
const AP = "ap.example";
const ad = {
  GlobalJobId: ID,
  ClusterId: 12,
  ProcId: 0,
  QDate: 1_795_562_971,
  JobStatus: 2,
};

describe("a job that the configured schedd does not have", () => {
  test("is gone when a schedd of the name in its id says so, as after a rebuilt pool", async () => {
    const condor = new FakeCondor(AP);
    expect(await condor.context().pool.find(ID)).toBeUndefined();
    const named = `condor_q -name ${AP}`;
    expect(condor.log).toEqual(["condor_q", "condor_q", named, named]);
  });

  test.each(["", "garbage", "[", "[]", '[{"Jobs": 1}]', '[{"Jobs": "0"}]'])(
    "is not gone because condor_q showed none: its totals must say so, and not %j",
    async (answer) => {
      const run: Run = async (_command, options) => (options.includes("-totals") ? answer : "");
      const pool = poolOf(run);
      const questions = [() => pool.find(ID), () => pool.findOwn("p/s/t/n"), () => pool.withImage(DIGEST), pool.list];
      for (const ask of questions) {
        await expect(ask()).rejects.toBeInstanceOf(UnexpectedOutputError);
      }
    },
  );

  test("is found when it came between the question and the totals", async () => {
    let asked = 0;
    const run: Run = async (_command, options) => {
      if (options.includes("-totals")) return '[{"Jobs": 1}]';
      asked++;
      return asked === 1 ? "" : JSON.stringify([ad]);
    };
    expect(await poolOf(run).find(ID)).toMatchObject({ globalJobId: ID });
    expect(asked).toBe(2);
  });

  test("is never gone when it lives at another schedd", async () => {
    const condor = new FakeCondor("other.example");
    const home = new FakeCondor(AP);
    home.jobs.push(ad);
    condor.others.push(home);
    const found = condor.context().pool.find(ID);
    await expect(found).rejects.toBeInstanceOf(WrongScheddError);
    await expect(found).rejects.toThrow(`pulumi config set condor:schedd ${AP}`);
  });

  test("is never gone when no schedd of that name answers, and the error says what to do", async () => {
    const found = new FakeCondor("other.example").context().pool.find(ID);
    await expect(found).rejects.toBeInstanceOf(PoolUnreachableError);
    await expect(found).rejects.toThrow(/Collector has no record.*condor:schedd.*pulumi state delete/s);
  });

  test("is asked for by itself: what concerns one job fails no other", async () => {
    const condor = new FakeCondor("other.example");
    const here = "other.example#1.0#1795562971";
    condor.jobs.push({ ...ad, GlobalJobId: here, ClusterId: 1 });
    const { pool } = condor.context();
    const [found, failed] = await Promise.allSettled([pool.find(here), pool.find(ID)]);
    expect(found).toMatchObject({ status: "fulfilled", value: { globalJobId: here } });
    expect(failed).toMatchObject({ status: "rejected" });
  });

  test("costs its proof alone where the schedd has shown jobs of that name", async () => {
    const condor = new FakeCondor(AP);
    condor.jobs.push(ad);
    const { pool } = condor.context();
    await pool.find(ID);
    condor.jobs.pop();
    expect(await pool.find(ID)).toBeUndefined();
    expect(condor.log).toEqual(["condor_q", "condor_q", "condor_q"]);
  });
});
