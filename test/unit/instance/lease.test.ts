import { describe, expect, test } from "vitest";
import { ATTRIBUTE } from "../../../contract/job-ad.ts";
import { changeableIn, driftedInputs } from "../../../provider/instance/drift.ts";
import { isLeaseDue, leaseAttributes, leaseFromNow, leaseWanted } from "../../../provider/instance/lease.ts";
import { sampleJob } from "../htcondor/samples.ts";
import { queued } from "./samples.ts";

const NOW = 1_795_600_000;
const HOUR = 3600;
const job = (lease?: { seconds: number; until?: number }, acknowledged = true) =>
  queued({ serverTime: NOW }, { ...sampleJob({ acknowledged }), ...(lease === undefined ? {} : { lease }) });

describe("a lease", () => {
  test("ends by the access point's clock, whatever ours says", () => {
    expect(leaseFromNow(job(), HOUR)).toEqual({ seconds: HOUR, until: NOW + HOUR });
    expect(leaseFromNow(job(), undefined)).toBeUndefined();
  });

  test.each([
    ["has not begun", undefined, true],
    ["is over", -1, true],
    ["has less than half left", HOUR / 2 - 1, true],
    ["has half left", HOUR / 2, false],
    ["is fresh", HOUR, false],
    ["is fresh, by a clock that is ten minutes late", HOUR + 600, false],
  ])("that %s: due for renewal is %s", (_what, left, due) => {
    expect(isLeaseDue(HOUR, left === undefined ? undefined : NOW + left, NOW)).toBe(due);
  });

  test("is left alone while it will do, begun anew where it will not, and ended where none is asked for", () => {
    const good = { seconds: HOUR, until: NOW + HOUR - 60 };
    expect(leaseWanted(job(good), HOUR)).toEqual(good);
    expect(leaseWanted(job(good), 2 * HOUR)).toEqual({ seconds: 2 * HOUR, until: NOW + 2 * HOUR });
    expect(leaseWanted(job({ seconds: HOUR, until: NOW + 60 }), HOUR)).toEqual({ seconds: HOUR, until: NOW + HOUR });
    expect(leaseWanted(job(good), undefined)).toBeUndefined();
    expect(leaseWanted(job(), undefined)).toBeUndefined();
  });

  test("that somebody put off beyond a whole lease is begun anew; one that was just set is not", () => {
    expect(leaseWanted(job({ seconds: HOUR, until: NOW + HOUR + 60 }), HOUR)?.until).toBe(NOW + HOUR + 60);
    expect(leaseWanted(job({ seconds: HOUR, until: NOW + HOUR + 61 }), HOUR)?.until).toBe(NOW + HOUR);
  });

  test("that is none is written as none", () => {
    expect(leaseAttributes(undefined)).toEqual({ [ATTRIBUTE.leaseSeconds]: 0, [ATTRIBUTE.leaseUntil]: 0 });
  });
});

describe("a lease behind the state's back", () => {
  const state = { labels: {}, gracefulStop: false, lease: "60m" };

  test.each([
    ["runs", { seconds: HOUR, until: NOW + 60 }],
    ["was renewed", { seconds: HOUR, until: NOW + HOUR }],
  ])("that %s is no drift", (_what, lease) => {
    expect(driftedInputs(job(lease), state)).toBeUndefined();
  });

  test("has not begun before the machine is acknowledged, which is no drift", () => {
    expect(driftedInputs(job({ seconds: HOUR }, false), state)).toBeUndefined();
  });

  test.each([
    ["taken away", undefined, undefined],
    ["kept from ending", { seconds: HOUR }, undefined],
    ["made longer", { seconds: 2 * HOUR, until: NOW + HOUR }, "7200s"],
    ["put off", { seconds: HOUR, until: NOW + 10 * HOUR }, "36000s"],
  ])("that was %s shows as the lease that the machine has: %j -> %s", (_what, lease, shown) => {
    expect(changeableIn(job(lease), state)).toMatchObject({ lease: shown });
    expect(driftedInputs(job(lease), state)?.lease).toBe(shown);
    expect(driftedInputs(job(lease), state)).toBeDefined();
  });

  test("that somebody gave a machine without one shows", () => {
    const { lease, ...without } = state;
    expect(driftedInputs(job({ seconds: HOUR, until: NOW + HOUR }), without)?.lease).toBe("3600s");
    expect(driftedInputs(job(), without)).toBeUndefined();
  });
});
