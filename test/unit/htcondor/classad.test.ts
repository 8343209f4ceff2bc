import { describe, expect, test } from "vitest";
import { jobNumberOf } from "../../../contract/global-job-id.ts";
import {
  jobsOfCluster,
  jobsWithIds,
  jobsWithImage,
  jobsWithKeys,
  slotsWithJobs,
} from "../../../provider/htcondor/classad.ts";
import { DIGEST } from "./samples.ts";

const id = (number: string) => `ap.example#${number}#1795562971`;

describe("a constraint", () => {
  test("names one job by cluster, proc and GlobalJobId, so that a number given out again means nobody", () => {
    expect(jobsWithIds([id("12.3")])).toEqual([
      'ClusterId == 12 && ProcId == 3 && GlobalJobId =?= "ap.example#12.3#1795562971"',
    ]);
  });

  test("names the cluster of many jobs where they share it", () => {
    expect(jobsWithIds([id("12.0"), id("12.1")])).toEqual([
      `ClusterId == 12 && member(GlobalJobId, {"${id("12.0")}", "${id("12.1")}"})`,
    ]);
    expect(jobsWithIds([id("12.0"), id("13.0")])).toEqual([`member(GlobalJobId, {"${id("12.0")}", "${id("13.0")}"})`]);
  });

  test("is cut so that none is longer than an argument may be", () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => id(`12.${index}`));
    const constraints = jobsWithIds(ids);
    expect(constraints.every((constraint) => constraint.length < 131_071)).toBe(true);
    expect(ids.filter((one) => !constraints.some((constraint) => constraint.includes(`"${one}"`)))).toEqual([]);
    expect(jobsWithIds([])).toEqual([]);
  });

  test("finds keys as they travel, in base64", () => {
    expect(jobsWithKeys(['a" || true || "'])).toEqual(['CloudKey =?= "YSIgfHwgdHJ1ZSB8fCAi"']);
  });

  test("finds an image by its digest, whatever its name was", () => {
    expect(jobsWithImage(DIGEST)).toBe(`CloudImage =!= undefined && substr(CloudImage, -64) == "${DIGEST}"`);
  });

  test.each(['" || true || "', "12.0", "", `${id("12.0")}\n`, 'ap#1.0#1" || "', "ap#1.0#1)"])(
    "is refused for what is no id: %j",
    (text) => {
      expect(() => jobsWithIds([text])).toThrow();
      expect(() => jobNumberOf(text)).toThrow();
    },
  );

  test.each(['" || true', "ABC", "", `${DIGEST}0`])("is refused for what is no digest: %j", (text) => {
    expect(() => jobsWithImage(text)).toThrow();
  });

  test.each([Number.NaN, 1.5, Number.POSITIVE_INFINITY])("is refused for what is no cluster: %d", (number) => {
    expect(() => jobsOfCluster(number)).toThrow(TypeError);
  });

  test("quotes what it compares slots with", () => {
    expect(slotsWithJobs(['a"b\\'])).toEqual(['CloudInstanceJob =?= "a\\"b\\\\"']);
  });
});
