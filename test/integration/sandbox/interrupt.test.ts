import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { loadSandbox } from "../../../sandbox/sandbox.ts";
import { bringUp, ownName, removeAll, traces } from "./world.ts";

const COMMAND_LINE = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

afterAll(removeAll);

/** Presses Ctrl-C, as a terminal does: to the whole process group, again and again until it has ended. */
async function pressing(pid: number, ended: Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  void ended.finally(() => stop.abort());
  while (!stop.signal.aborted) {
    process.kill(-pid, "SIGINT");
    await sleep(10);
  }
}

describe("Ctrl-C while a sandbox is removed", () => {
  it("takes nothing of the removal away, however often it is pressed", async () => {
    const name = ownName("ctrl-c");
    const { octet } = await bringUp(name);
    const removal = execa(process.execPath, [COMMAND_LINE, "sandbox", "down", "--name", name], {
      detached: true,
      reject: false,
      stderr: "pipe",
    });
    const { pid } = removal;
    if (pid === undefined) throw new Error("the removal did not start");
    // From here on it takes the sandbox apart; before, Ctrl-C may well end it with nothing done.
    await once(removal.stderr, "data");
    await pressing(pid, removal);
    await removal;
    expect(await traces(name, octet)).toEqual([]);
    expect(await loadSandbox(name)).toBeUndefined();
  });
});

describe("Ctrl-C in a command that runs inside a machine", () => {
  it("is that command's own business, and its exit status is what comes of it", async () => {
    const { name } = await bringUp(ownName("inside"));
    const script = "trap 'echo caught' INT; echo ready; sleep 0.5 & wait; wait; echo went on; exit 7";
    const session = execa(
      process.execPath,
      [COMMAND_LINE, "sandbox", "exec", "--name", name, "cm", "--", "sh", "-c", script],
      {
        detached: true,
        reject: false,
        stdout: "pipe",
      },
    );
    const { pid } = session;
    if (pid === undefined) throw new Error("the session did not start");
    await once(session.stdout, "data");
    process.kill(-pid, "SIGINT");
    const { stdout, exitCode } = await session;
    expect(stdout.split("\n")).toEqual(["ready", "caught", "went on"]);
    expect(exitCode).toBe(7);
  });
});
