import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Phases } from "../../../cli/phases.ts";
import { step } from "../../../sandbox/actions/action.ts";

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
    await step(phases, "Laying bricks", undefined, async () => {});
    expect(phases.decisive).toBe("Laying bricks");
    const failing = step(phases, "Laying pipes", undefined, async () => Promise.reject(new Error("a leak")));
    await expect(failing).rejects.toThrow("a leak");
    await step(phases, "Undoing: mopping up", undefined, async () => {});
    expect(phases.decisive).toBe("Laying pipes");
    expect(await readFile(join(folder, "run.log"), "utf8")).toMatch(/Z start: Laying pipes\n(.*\n)*.*a leak/);
  });

  it("go on without their log where it cannot be written", async () => {
    if (!existsSync("/dev/full")) throw new Error("this test needs /dev/full");
    expect(await step(quiet("/dev/full"), "Laying bricks", undefined, async () => 7)).toBe(7);
    expect(await step(quiet("/dev/null/run.log"), "Laying bricks", undefined, async () => 8)).toBe(8);
  });
});
