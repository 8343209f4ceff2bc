import { describe, expect, it } from "vitest";
import { type Reporter, silentReporter, step } from "../../../sandbox/actions/action.ts";
import { SandboxError, SandboxInterruptedError } from "../../../sandbox/errors.ts";

describe("a step", () => {
  it("that fails after Ctrl-C counts as interrupted, and names itself, whatever the failure is", async () => {
    const interruption = new AbortController();
    const failed: unknown[] = [];
    const reporter: Reporter = { ...silentReporter, failed: (_title, _seconds, error) => void failed.push(error) };
    const failing = step(reporter, "Making things", interruption.signal, async () => {
      interruption.abort();
      throw new SandboxError({ what: "`ip netns add x` failed." });
    });
    const error = await failing.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SandboxInterruptedError);
    expect(error).toMatchObject({ what: "Interrupted during: Making things." });
    expect(failed).toEqual([error]);
  });

  it("is not begun after Ctrl-C", async () => {
    const never = async () => expect.fail("it was begun");
    await expect(step(silentReporter, "Making things", AbortSignal.abort(), never)).rejects.toThrow(
      "Interrupted before: Making things.",
    );
  });

  it("that fails says so in its own words", async () => {
    const failing = async () => Promise.reject(new SandboxError({ what: "No such luck." }));
    await expect(step(silentReporter, "Making things", undefined, failing)).rejects.toThrow(/^No such luck\.$/);
  });

  it("that finds the disk full says that, and what to do", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const failing = async () => Promise.reject(full);
    await expect(step(silentReporter, "Making things", undefined, failing)).rejects.toThrow(
      /^The disk is full, during: Making things\.\n {2}ENOSPC: .*\n {2}Free some space/,
    );
  });
});
