import { spawn } from "node:child_process";
import { once } from "node:events";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { childrenCpuSeconds, parseChildrenTicks, parsePeakMiB, providerPeakMiB } from "../../bench/processes.ts";

describe("what processes take", () => {
  it("reads the children's ticks behind a name that holds anything", () => {
    const fields = Array.from({ length: 50 }, (_, index) => String(index + 1));
    const line = `4711 (a) b (c)) ${fields.slice(2).join(" ")}\n`;
    expect(parseChildrenTicks(line)).toBe(16 + 17); // cutime and cstime are fields 16 and 17
  });

  it("reads the peak of memory, and 0 of a process that has none", () => {
    expect(parsePeakMiB("Name:\tnode\nVmPeak:\t 9999999 kB\nVmHWM:\t  102400 kB\nVmRSS:\t 1 kB\n")).toBe(100);
    expect(parsePeakMiB("Name:\tkthreadd\n")).toBe(0);
  });

  it("counts the processor time of children that have ended, and of theirs", async () => {
    const before = await childrenCpuSeconds();
    const burn =
      "const spent = () => { const { user, system } = process.cpuUsage(); return user + system; }; while (spent() < 400_000);";
    await execa("sh", ["-c", '"$0" -e "$1"; true', process.execPath, burn]);
    expect((await childrenCpuSeconds()) - before).toBeGreaterThan(0.25);
  });

  it("finds the provider below other processes, and nobody else", async () => {
    const wait = "setTimeout(() => {}, 60_000); console.log('up')";
    const shell = spawn("sh", ["-c", '"$0" -e "$1" "$2"; true', process.execPath, wait, "a/dynamic-provider/b"]);
    const stranger = spawn(process.execPath, ["-e", wait]);
    try {
      await Promise.all([once(shell.stdout, "data"), once(stranger.stdout, "data")]);
      expect(await seenWithin(Number(shell.pid))).toBeGreaterThan(10);
      expect(await seenWithin(Number(stranger.pid))).toBe(0);
    } finally {
      await execa("pkill", ["--parent", String(shell.pid)], { reject: false });
      shell.kill();
      stranger.kill();
    }
  });
});

/** Three looks are enough for a process that is there. */
async function seenWithin(pid: number): Promise<number> {
  return await providerPeakMiB(pid, AbortSignal.timeout(700));
}
