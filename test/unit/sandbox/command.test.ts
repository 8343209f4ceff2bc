import { describe, expect, it } from "vitest";
import { run } from "../../../sandbox/command.ts";

describe("a command of the sandbox", () => {
  it("is out of reach of the terminal's Ctrl-C, in a process group of its own", async () => {
    // proc_pid_stat(5): fields one and five are the process and its group.
    const [pid, group] = (await run("cut", ["-d", " ", "-f", "1,5", "/proc/self/stat"])).split(" ");
    expect(group).toBe(pid);
  });

  it("ends when its signal says so, and says what was interrupted", async () => {
    const running = run("sleep", ["60"], { signal: AbortSignal.timeout(50) });
    await expect(running).rejects.toThrow("Interrupted while running `sleep 60`.");
  });

  it("fails with the command's own words", async () => {
    await expect(run("sh", ["-c", "echo no such luck >&2; exit 3"])).rejects.toThrow(
      /failed with exit status 3\.\n {2}no such luck/,
    );
  });

  it("says when the command is not there", async () => {
    await expect(run("no-such-command-here", [])).rejects.toThrow("The command `no-such-command-here` is not on PATH.");
  });
});
