import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Phases, phase } from "../../../cli/phases.ts";

describe("the phases of a run", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "phases-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Phases that are shown to nobody. */
  const quiet = (logFile: string) => new Phases({ output: new PassThrough().resume(), logFile });

  it("tell which one failed first, not which one cleaned up after it", async () => {
    const phases = quiet(join(folder, "run.log"));
    await phase(phases, "Laying bricks", async () => {});
    expect(phases.decisive).toBe("Laying bricks");
    const failing = phase(phases, "Laying pipes", async () => Promise.reject(new Error("a leak")));
    await expect(failing).rejects.toThrow("a leak");
    await phase(phases, "Undoing: mopping up", async () => {});
    expect(phases.decisive).toBe("Laying pipes");
    expect(await readFile(join(folder, "run.log"), "utf8")).toMatch(/Z start: Laying pipes\n(.*\n)*.*a leak/);
  });

  it("go on without their log where it cannot be written", async () => {
    if (!existsSync("/dev/full")) throw new Error("this test needs /dev/full");
    expect(await phase(quiet("/dev/full"), "Laying bricks", async () => 7)).toBe(7);
    expect(await phase(quiet("/dev/null/run.log"), "Laying bricks", async () => 8)).toBe(8);
  });
});
