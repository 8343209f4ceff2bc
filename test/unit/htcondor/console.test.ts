import { describe, expect, test } from "vitest";
import { readConsole } from "../../../provider/htcondor/console.ts";
import { CommandFailedError, JobNotFoundError, PoolUnreachableError } from "../../../provider/htcondor/errors.ts";
import { commandFailure } from "../../../provider/htcondor/failure.ts";
import type { Run } from "../../../provider/htcondor/run.ts";

const ID = "ap.example#12.0#1795562971";
const READING = { maxBytes: 4096, deadlineSeconds: 10 };

/** condor_tail as it was measured to fail on 23.9. */
const saying =
  (words: string): Run =>
  async (command) => {
    throw commandFailure(command, 1, "", words);
  };

describe("a machine's console", () => {
  test("is asked for by its job's number, kept out of the log, and handed on as it is", async () => {
    const asked: unknown[] = [];
    const run: Run = async (...all) => {
      asked.push(all);
      return "text\r\n";
    };
    expect(await readConsole(run, ID, READING)).toBe("text\r\n");
    expect(asked).toEqual([
      [
        "condor_tail",
        ["-no-stdout", "-maxbytes", "4096", "12.0", "console.log"],
        { deadlineSeconds: 10, verbatim: true },
      ],
    ]);
  });

  test.each([
    [
      "Failed to peek at file from starter: File console.log requested but not authorized to be sent.",
      CommandFailedError,
    ],
    ["No such job: 99.0", JobNotFoundError],
    ["Failed to peek at file from starter: Failed to send START_PEEK to starter", PoolUnreachableError],
  ])("that cannot be had says why, in HTCondor's words: %s", async (words, Class) => {
    const failing = readConsole(saying(words), ID, READING);
    await expect(failing).rejects.toBeInstanceOf(Class);
    await expect(failing).rejects.toMatchObject({ why: words, remedy: expect.stringMatching(/./) });
  });

  test("of somebody else is refused, in HTCondor's words", async () => {
    const words = "bob is not authorized for access to the starter for job 12.0";
    await expect(readConsole(saying(words), ID, READING)).rejects.toMatchObject({ code: "permission", why: words });
  });

  test("of what is no id is not asked for", async () => {
    const run: Run = () => expect.fail("it was asked");
    for (const id of ["1.0", "-help#1.0#1", "a b#1.0#1", ""]) {
      await expect(readConsole(run, id, READING)).rejects.toThrow();
    }
  });
});
