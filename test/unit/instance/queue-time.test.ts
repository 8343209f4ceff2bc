import { expect, test } from "vitest";
import { QueueTime } from "../../../provider/instance/queue-time.ts";

test("a machine's times in the queue add up, and what it spends elsewhere does not count", () => {
  const time = new QueueTime();
  const looks: [isQueued: boolean, atSeconds: number, expected: number][] = [
    [true, 100, 0],
    [true, 103, 3],
    [false, 104, 4],
    [false, 500, 4],
    [true, 501, 4],
    [true, 503, 6],
  ];
  for (const [isQueued, at, expected] of looks) expect(time.after(isQueued, at * 1000)).toBe(expected);
});

test("a machine that never queued has queued for no time", () => {
  const time = new QueueTime();
  expect([time.after(false, 0), time.after(false, 60_000)]).toEqual([0, 0]);
});
