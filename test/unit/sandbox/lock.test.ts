import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "../../../sandbox/lock.ts";

describe("a lock", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lock-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("lets one in at a time, in whatever order they come, and tells who waits", async () => {
    let inside = 0;
    let waited = 0;
    const enter = () =>
      withLock(join(folder, "a.lock"), { onWait: () => waited++ }, async () => {
        inside++;
        expect(inside).toBe(1);
        await sleep(400);
        inside--;
      });
    await Promise.all([enter(), enter()]);
    expect(waited).toBe(1);
  });

  it("is free again after its holder was killed", async () => {
    const file = join(folder, "b.lock");
    const module = JSON.stringify(new URL("../../../sandbox/lock.ts", import.meta.url).href);
    const script = `const { withLock } = await import(${module});
      await withLock(${JSON.stringify(file)}, {}, () => { console.log("held"); return new Promise((r) => setTimeout(r, 60000)); });`;
    const holder = execa("node", ["--input-type=module", "-e", script], { reject: false, stdout: "pipe" });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    holder.kill("SIGKILL");
    await holder;
    expect(await withLock(file, { signal: AbortSignal.timeout(4000) }, async () => "mine")).toBe("mine");
  });

  it("gives up waiting when asked to", async () => {
    const file = join(folder, "c.lock");
    await withLock(file, {}, async () => {
      const second = withLock(file, { signal: AbortSignal.timeout(500) }, async () => "never");
      await expect(second).rejects.toThrow("Interrupted while waiting");
    });
  }, 10_000);
});
