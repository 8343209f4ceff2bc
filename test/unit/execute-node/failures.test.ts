import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseFailures } from "../../../contract/node-report.ts";
import { Failures } from "../../../execute-node/agent/failures.ts";
import { failuresBlock } from "../../../execute-node/agent/report.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1764000000_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

test("a failure is told at once, on one line and of bounded length", () => {
  const failures = new Failures();
  const told: number[] = [];
  failures.onChange = (list) => told.push(list.length);
  failures.add("ap#1.0#1", `no\n  luck ${"x".repeat(1000)}`);
  expect(told).toEqual([1]);
  expect(failures.list[0]).toMatchObject({ globalJobId: "ap#1.0#1", at: 1764000000 });
  expect(failures.list[0]?.message.startsWith("no luck xxx")).toBe(true);
  expect(failures.list[0]?.message).toHaveLength(500);
});

test("of many failures the newest stay, and one that repeats counts once", () => {
  const failures = new Failures();
  failures.add("ap#0.0#1", "first");
  for (let count = 0; count < 50; count++) failures.add("ap#1.0#1", "again");
  expect(failures.list.map(({ message }) => message)).toEqual(["first", "again"]);
  for (let cluster = 2; cluster < 40; cluster++) failures.add(`ap#${cluster}.0#1`, "other");
  expect(failures.list).toHaveLength(20);
  expect(failures.list.at(-1)?.globalJobId).toBe("ap#39.0#1");
});

test("a failure is dropped after an hour", () => {
  const failures = new Failures();
  failures.add("ap#1.0#1", "old");
  vi.advanceTimersByTime(1800_000);
  failures.add("ap#2.0#1", "newer");
  vi.advanceTimersByTime(1800_000);
  failures.age();
  expect(failures.list.map(({ message }) => message)).toEqual(["newer"]);
});

test("failures go to the node's own slot alone and read back, whatever they say", () => {
  const failures = new Failures();
  failures.add("ap#1.0#1", 'a "ü"\n- x\u0000');
  const block = failuresBlock(failures.list);
  expect(block.startsWith("SlotMergeConstraint = DynamicSlot =!= true\n")).toBe(true);
  expect(block.match(/^-/gm)).toHaveLength(1);
  const [, text = ""] = /^CloudFailures = "(.*)"$/m.exec(block) ?? [];
  expect(parseFailures({ CloudFailures: text })).toEqual(failures.list);
});
