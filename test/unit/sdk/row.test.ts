import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openRow } from "../../../sdk/row.ts";

const urn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Instance::web";

describe("a resource's row", () => {
  let shown: string[];
  const engine = {
    show: (_urn: string, message: string) => void shown.push(message),
    warn: () => {},
    note: () => {},
    debug: () => {},
    answers: async () => true,
  };

  beforeEach(() => {
    shown = [];
    vi.useFakeTimers();
  });
  afterEach(() => void vi.useRealTimers());

  test("stays as it is during an operation that is over at once", () => {
    const row = openRow(engine, urn);
    row.show("submitting");
    row.clear();
    vi.advanceTimersByTime(10_000);
    expect(shown).toEqual([]);
  });

  test("changes once a second at most, and shows the last of a burst", () => {
    const row = openRow(engine, urn);
    for (let percent = 0; percent <= 100; percent++) {
      row.show(`copying: ${percent} %`);
      vi.advanceTimersByTime(50);
    }
    vi.advanceTimersByTime(1_000);
    expect(shown.length).toBeLessThanOrEqual(6);
    expect(shown.at(-1)).toBe("copying: 100 %");
  });

  test("says the same only once", () => {
    const row = openRow(engine, urn);
    for (let second = 0; second < 5; second++) {
      row.show("waiting for an address");
      vi.advanceTimersByTime(1_500);
    }
    expect(shown).toEqual(["waiting for an address"]);
  });

  test("is clear at the end, whatever was still to be shown", () => {
    const row = openRow(engine, urn);
    vi.advanceTimersByTime(2_000);
    row.show("one");
    row.show("two");
    row.clear();
    vi.advanceTimersByTime(2_000);
    expect(shown).toEqual(["one", ""]);
  });

  test("of a resource without a URN is nobody's", () => {
    const row = openRow(engine, undefined);
    row.show("one");
    row.clear();
    vi.advanceTimersByTime(2_000);
    expect(shown).toEqual([]);
  });
});
