import { describe, expect, it } from "vitest";
import { median, ratios, spread, summarize, told } from "../../bench/statistics.ts";

describe("the bench's statistics", () => {
  it("takes the value in the middle, and of an even number the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 1, 4])).toBe(3);
    expect(median([7])).toBe(7);
  });

  it("sorts by number, not by digits", () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  it("says of nothing that it is no number", () => {
    expect(summarize([])).toEqual({ min: Number.NaN, median: Number.NaN, max: Number.NaN });
    expect(told([], 1)).toBe("–");
  });

  it("compares run by run", () => {
    expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
    expect(ratios([5, 8], [2, 3], [1, 2])).toEqual([2, 2]);
  });

  it("compares only the runs that all have", () => {
    expect(ratios([2, 9, 4], [1, 3])).toEqual([2, 3]);
    expect(ratios([2, 9], [1, 3], [1])).toEqual([1]);
  });

  it("tells the middle with the least and the greatest, and one value alone as itself", () => {
    expect(told([1, 3, 2], 1)).toBe("2.0 (1.0–3.0)");
    expect(told([2.04, 2.01], 1)).toBe("2.0");
    expect(spread("prepare, ms", [3, 1, 2], 0)).toEqual(["prepare, ms", "1", "2", "3"]);
  });
});
