import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientScript } from "../../../sandbox/actions/clients.ts";
import { layOut } from "../../../sandbox/sandbox.ts";

/** What an nsenter does that only says how it was called. */
const SAY_WORDS = 'for word in "$@"; do echo "[$word]"; done';

describe("a client command of a sandbox", () => {
  let folder = "";
  beforeEach(async () => {
    // A folder whose name would break a careless script.
    folder = await mkdtemp(join(tmpdir(), "it's $(id) a `sandbox` "));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const runClient = async (pidFile: string | undefined, nsenter = SAY_WORDS) => {
    const sandbox = layOut({ schema: 1, name: "one", nodes: 1, octet: 77, root: "/root" }, folder);
    const manager = { ...sandbox.manager, folder };
    if (pidFile !== undefined) await writeFile(join(folder, "pid"), pidFile);
    await writeFile(join(folder, "condor_q"), clientScript({ name: "one", manager }, "condor_q"));
    await writeFile(join(folder, "nsenter"), `#!/bin/sh\n${nsenter}\n`, { mode: 0o755 });
    return execa("sh", [join(folder, "condor_q"), "-constraint", 'Owner == "a b"'], {
      reject: false,
      env: { PATH: `${folder}:${process.env.PATH}`, CONDOR_CONFIG: "/mine", _CONDOR_SCHEDD_HOST: "elsewhere" },
    });
  };

  it("enters the access point that runs, as its user, and hands on every argument as it is", async () => {
    const stat = await readFile(`/proc/${process.pid}/stat`, "utf8");
    const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const { stdout, exitCode } = await runClient(`${process.pid} ${startTime}\n`);
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")).toEqual([
      ...["-t", `${process.pid}`, "-m", "-n", "-u", "-i", "-r", "-w", "-S", "1000", "-G", "1000"].map((w) => `[${w}]`),
      ...["[--]", "[/usr/bin/condor_q]", "[-constraint]", '[Owner == "a b"]'],
    ]);
  });

  it("takes nothing of the caller's environment along that would change HTCondor's configuration", async () => {
    const stat = await readFile(`/proc/${process.pid}/stat`, "utf8");
    const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const { stdout } = await runClient(`${process.pid} ${startTime}\n`, "env");
    const names = stdout.split("\n").map((line) => line.split("=")[0]);
    expect(names.filter((name) => name !== "PWD" && name !== "_" && name !== "SHLVL")).toEqual(["PATH", "LANG"]);
  });

  it.each([
    ["its number went to another process", `${process.pid} 1`],
    ["it has ended", "4194303 17"],
    ["it was never started", undefined],
    ["its record is empty", ""],
  ])("says what to do when the access point is down: %s", async (_, pidFile) => {
    const { stderr, stdout, exitCode } = await runClient(pidFile);
    expect({ stderr, stdout, exitCode }).toEqual({
      stderr: "condor_q: sandbox one is not running; start it with: condor-cloud sandbox up --name one",
      stdout: "",
      exitCode: 1,
    });
  });
});
