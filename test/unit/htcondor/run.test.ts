import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InterruptedError } from "../../../provider/errors.ts";
import {
  CommandFailedError,
  CommandMissingError,
  PermissionError,
  PoolUnreachableError,
  UnexpectedOutputError,
} from "../../../provider/htcondor/errors.ts";
import { commandFailure } from "../../../provider/htcondor/failure.ts";
import { openRunner } from "../../../provider/htcondor/run.ts";
import { readSettings } from "../../../provider/settings.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-test-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Puts a program in the folder that the settings name; these tests are about running one, not about HTCondor. */
async function program(name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}

/** The processes of a group that have not ended; who reaps the others is none of ours to say. */
async function livingOf(group: number): Promise<string[]> {
  const stats = (await readdir("/proc"))
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
  return (await Promise.all(stats)).filter((stat) => {
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return itsGroup === String(group) && state !== "Z";
  });
}

const settings = (change = {}) => readSettings({ commands: folder, ...change }, {});

describe("a command", () => {
  test("is taken from the configured folder, with its arguments and its input as they are, in plain English", async () => {
    await program("condor_submit", 'printf "%s|" "$LANG" "$LC_ALL" "$@"; cat');
    const options = ["-terse", "a b", "$(x)", ";'\""];
    expect(await openRunner(settings())("condor_submit", options, { input: "input\n" })).toBe(
      "C|C|-terse|a b|$(x)|;'\"|input\n".trimEnd(),
    );
  });

  test("asks the schedd and the pool that the settings name, the collector for slots", async () => {
    await program("condor_q", 'echo "$@"');
    await program("condor_status", 'echo "$@"');
    const run = openRunner(settings({ schedd: "ap.example", pool: "cm.example" }));
    expect(await run("condor_q", ["-json"])).toBe("-name ap.example -pool cm.example -json");
    expect(await run("condor_q", ["-json"], { schedd: "other" })).toBe("-name other -pool cm.example -json");
    expect(await run("condor_status", ["-json"])).toBe("-pool cm.example -json");
  });

  test("that is missing is named, with where it was looked for", async () => {
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      const missing = openRunner(settings())("condor_rm", []);
      await expect(missing).rejects.toBeInstanceOf(CommandMissingError);
      await expect(missing).rejects.toThrow(`condor_rm was not found in ${folder}`);
    } finally {
      process.env.PATH = path;
    }
  });

  test.each([
    ["", "exec sleep 60"],
    [", with what a wrapper script started", "sleep 60; echo done"],
    [", also one that will not be asked", "trap '' TERM; sleep 60 & while :; do wait; done"],
  ])("that hangs is ended at its deadline%s", async (_, script) => {
    await program("condor_q", `echo $$ > ${join(folder, "pid")}; ${script}`);
    const hanging = openRunner(settings(), undefined, { deadlineSeconds: 0.3 })("condor_q", []);
    await expect(hanging).rejects.toThrow(/no answer within 0.3 s/);
    await expect(hanging).rejects.toMatchObject({ code: "unreachable", command: "condor_q" });
    const group = Number(await readFile(join(folder, "pid"), "utf8"));
    expect(await livingOf(group)).toEqual([]);
  });

  test("that hangs is ended earlier where whoever runs it waits less long", async () => {
    await program("condor_status", "exec sleep 60");
    const hanging = openRunner(settings())("condor_status", [], { deadlineSeconds: 0.2 });
    await expect(hanging).rejects.toThrow("condor_status gave no answer within 0.2 s");
  });

  test("that nobody waits for any more is ended with what it started", async () => {
    await program("condor_tail", `echo $$ > ${join(folder, "pid")}; sleep 60; echo done`);
    const controller = new AbortController();
    const running = openRunner(settings())("condor_tail", [], { signal: controller.signal });
    await vi.waitUntil(() => readFile(join(folder, "pid"), "utf8").catch(() => ""), { timeout: 10_000 });
    controller.abort();
    await expect(running).rejects.toBeInstanceOf(InterruptedError);
    expect(await livingOf(Number(await readFile(join(folder, "pid"), "utf8")))).toEqual([]);
  });

  test("whose answer is somebody's own text is answered to the last byte, and the log has nothing of it", async () => {
    await program("condor_tail", "printf 'hunter2\\r\\n\\n'");
    const lines: string[] = [];
    const run = openRunner(settings(), (line) => lines.push(line));
    expect(await run("condor_tail", [], { verbatim: true })).toBe("hunter2\r\n\n");
    expect(lines.join("\n")).not.toContain("hunter2");
    expect(lines.join("\n")).toContain("10 characters that are not told");
  });

  test.each(["exec yes", "yes", "trap '' PIPE; yes; yes; sleep 60"])(
    "that answers without end is ended: %s",
    async (script) => {
      await program("condor_q", script);
      const bounds = { deadlineSeconds: 1, outputMax: 100_000 };
      const endless = openRunner(settings(), undefined, bounds)("condor_q", []);
      await expect(endless).rejects.toBeInstanceOf(UnexpectedOutputError);
      await expect(endless).rejects.toThrow("more than 100000 characters");
    },
  );

  test("that cannot be run says why", async () => {
    await program("condor_q", "exit 0");
    const failed = openRunner(settings())("condor_q", ["x".repeat(200_000)]);
    await expect(failed).rejects.toThrow(/condor_q could not be run.\n.*E2BIG/);
  });

  test("that fails before it has read its input fails with its own words", async () => {
    await program("condor_submit", 'echo "ERROR: not today" >&2; exit 1');
    const failed = openRunner(settings())("condor_submit", [], { input: "x".repeat(4 << 20) });
    await expect(failed).rejects.toThrow("ERROR: not today");
  });

  test("that a signal ends names the signal, and may be tried again", async () => {
    await program("condor_q", "kill -SEGV $$");
    const failed = openRunner(settings())("condor_q", []);
    await expect(failed).rejects.toThrow(/condor_q was ended by SIGSEGV/);
    await expect(failed).rejects.toBeInstanceOf(PoolUnreachableError);
  });

  test("does not depend on the folder that this process is in", async () => {
    await program("condor_q", "pwd");
    expect(await openRunner(settings())("condor_q", [])).toBe("/");
  });

  test("is shown for debugging without the labels that it sets", async () => {
    const script = `
      const { openRunner } = await import(${JSON.stringify(new URL("../../../provider/htcondor/run.ts", import.meta.url).href)});
      const run = openRunner({ commands: ${JSON.stringify(folder)}, profiles: {} });
      await run("condor_qedit", ["-forward", "-constraint", "ClusterId == 1", "CloudLabels", "secret", "Other", "told"]);
    `;
    await program("condor_qedit", "exit 0");
    const { stderr } = await execa(process.execPath, ["--input-type=module", "--eval", script], {
      env: { NODE_DEBUG: "condor-cloud" },
    });
    expect(stderr).toMatch(/condor_qedit .*ClusterId == 1.*CloudLabels.*Other.*told.*exit status 0/);
    expect(stderr).not.toContain("secret");
  });

  test("that fails fails with its own words", async () => {
    await program("condor_qedit", 'echo "Failed to set attribute" >&2; exit 1');
    const failed = openRunner(settings())("condor_qedit", []);
    await expect(failed).rejects.toBeInstanceOf(CommandFailedError);
    await expect(failed).rejects.toThrow("Failed to set attribute");
  });
});

describe("what HTCondor says when it fails", () => {
  test.each([
    "Error: communication error\nAUTHENTICATE:1003:Failed to authenticate with any method",
    "AUTHENTICATE:1004:Failed to authenticate using IDTOKENS",
    "condor_rm: Permission denied",
    'SECMAN:2010:Received "DENIED" from server for user x using method FS.',
  ])("is a refusal: %j", (words) => {
    expect(commandFailure("condor_q", 1, "", words)).toBeInstanceOf(PermissionError);
  });

  test.each([
    "Error: Couldn't contact the condor_collector on cm.example.",
    "Error: unknown host nowhere",
    "\nERROR: Can't find address of local schedd\n",
    "Error: communication error\nCEDAR:6001:Failed to connect to <10.0.0.1:9618>",
    "condor_rm: (null)",
    "condor_qedit: No such schedd named nowhere in local pool",
    "Error: Collector has no record of schedd/submitter",
    "Unable to locate remote schedd (name=nowhere, pool=).",
    "ERROR: Failed to connect to local queue manager",
    "SECMAN:2007:Failed to end classad message.\nCouldn't find/remove all jobs matching constraint (true)",
    "Failed to connect to queue manager <10.0.0.1:9618>",
    "\nERROR: Failed to commit job submission into the queue.\n",
    "\nERROR: Failed to create proc\n",
  ])("is silence of the pool: %j", (words) => {
    expect(commandFailure("condor_q", 1, "", words)).toBeInstanceOf(PoolUnreachableError);
  });

  // Measured on 23.9; the reason after "ERROR:" is the administrator's.
  test.each([
    "ERROR: Failed to commit job submission into the queue.\nERROR: Submit requirement Small not met.",
    "ERROR: Failed to commit job submission into the queue.\nERROR: Machines over 100 MB are not authorized here",
    "ERROR: Failed to create proc\nNumber of submitted jobs would exceed MAX_JOBS_PER_OWNER",
    "ERROR: Failed to create proc\nNumber of submitted jobs would exceed MAX_JOBS_PER_SUBMISSION",
    "ERROR: Failed to create proc\nNumber of submitted jobs would exceed MAX_JOBS_SUBMITTED",
    "ERROR: Parse error in expression: \n\tRequestMemory = nonsense(\n",
    "ERROR: on Line 6 of submit file: \n\nERROR: Failed to parse command file (line 6).",
  ])("is a rule that the submission breaks, whatever words its administrator chose: %j", (words) => {
    const failure = commandFailure("condor_submit", 1, "", words);
    expect(failure).toBeInstanceOf(CommandFailedError);
    expect(failure.code).toBe("command-failed");
    expect(failure.why).toContain(
      words
        .trim()
        .split(/\s*\n\s*/)
        .at(-1),
    );
  });

  test("is told without the labels that it repeats", () => {
    const words = 'ERROR: Parse error in expression: \n\tCloudLabels = "aHVudGVyMg=="';
    expect(commandFailure("condor_submit", 1, "", words).message).not.toContain("aHVudGVyMg");
  });

  test("is kept, without the advice that fits every error", () => {
    const failure = commandFailure("condor_q", 1, "", "Error: odd\n\nExtra Info: check with your administrator");
    expect(failure.message).toContain("Error: odd");
    expect(failure.message).not.toContain("administrator");
  });

  test("is its exit status when it says nothing", () => {
    expect(commandFailure("condor_q", 3, "", "").message).toContain("exit status 3");
  });
});
