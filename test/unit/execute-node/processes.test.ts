import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isAlive, parseStat } from "../../../execute-node/agent/processes.ts";

const REST = "1 1 0 -1 4194560 1142 6345 1 7 2 0 17 1 20 0 1 0 1199740 25620480 4492";

test("a process is read from its line in /proc, whatever its program is called", () => {
  const expected = { pid: 153, state: "S", parentPid: 104, startTicks: 1199740 };
  expect(parseStat(`153 (condor_starter) S 104 ${REST}\n`)).toEqual({ ...expected, program: "condor_starter" });
  expect(parseStat(`153 (a) Z 1 (b\nc) S 104 ${REST}\n`)).toEqual({ ...expected, program: "a) Z 1 (b\nc" });
});

test.each(["", "153", "153 (x", "153 (x) S", "153 (x) S 104 1 2"])("a line %j is no process", (line) => {
  expect(parseStat(line)).toBeUndefined();
});

test("a process is alive until it ends, and a later one of the same number is another", async () => {
  const own = process.pid;
  const { readFileSync } = await import("node:fs");
  const stat = parseStat(readFileSync(`/proc/${own}/stat`, "utf8"));
  expect(stat).toBeDefined();
  if (stat === undefined) return;
  expect(isAlive(stat)).toBe(true);
  expect(isAlive({ ...stat, startTicks: stat.startTicks - 1 })).toBe(false);
  const child = spawn("sleep", ["60"]);
  const childStat = parseStat(readFileSync(`/proc/${child.pid}/stat`, "utf8"));
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(childStat && isAlive(childStat)).toBe(false);
});
