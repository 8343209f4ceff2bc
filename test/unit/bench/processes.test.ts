import { spawn } from "node:child_process";
import { once } from "node:events";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { childrenCpuSeconds, parseChildrenTicks, parsePeakMiB, providerMiB } from "../../bench/processes.ts";

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
    // Below a thread that is not the first, as below Pulumi.
    const start = `spawn(process.execPath, ["-e", ${JSON.stringify(wait)}, "a/dynamic-provider/b"], { stdio: "inherit" })`;
    const worker = `require("node:child_process").${start}; setTimeout(() => {}, 60_000)`;
    const program = `new (require("node:worker_threads").Worker)(${JSON.stringify(worker)}, { eval: true })`;
    const above = spawn(process.execPath, ["-e", program]);
    const stranger = spawn(process.execPath, ["-e", wait]);
    try {
      await Promise.all([once(above.stdout, "data"), once(stranger.stdout, "data")]);
      expect(await providerMiB(Number(above.pid))).toBeGreaterThan(10);
      expect(await providerMiB(Number(stranger.pid))).toBe(0);
    } finally {
      await execa("pkill", ["--parent", String(above.pid)], { reject: false });
      above.kill();
      stranger.kill();
    }
  });
});
