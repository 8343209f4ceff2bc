import { describe, expect, test } from "vitest";
import { GUARD_LINE } from "../../../contract/interfaces.ts";
import { judgeGuard } from "../../../execute-node/install/checks/guard.ts";
import { CONDOR_FILE } from "../../../execute-node/install/configuration.ts";
import { judgeFile, judgeManager, judgeSetting } from "../../../execute-node/install/manager/checks.ts";
import { MANAGER_FILE, managerFile, RANK_LINE } from "../../../execute-node/install/manager/configuration.ts";

describe("a central manager's file", () => {
  test("has its two lines, and is another than an execute node's, for a machine may be both", () => {
    expect(managerFile.content.split("\n").filter((line) => !line.startsWith("#"))).toEqual([
      GUARD_LINE,
      RANK_LINE,
      "",
    ]);
    expect(GUARD_LINE).toBe("CONCURRENCY_LIMIT_DEFAULT_cloudmac = 1");
    expect(RANK_LINE, "other jobs are placed as before").toContain("$(NEGOTIATOR_PRE_JOB_RANK)");
    expect(MANAGER_FILE).not.toBe(CONDOR_FILE);
  });
});

describe("the doctor of a central manager", () => {
  test("knows the machine by its negotiator", () => {
    expect(judgeManager("MASTER, COLLECTOR, NEGOTIATOR SCHEDD").verdict).toBe("ok");
    for (const daemons of ["MASTER, STARTD", "", undefined]) {
      expect(judgeManager(daemons)).toMatchObject({ verdict: "failed", remedy: expect.stringContaining("NEGOTIATOR") });
    }
  });

  test("fails for another value than 1, whichever file sets it", () => {
    expect(judgeSetting("1").verdict).toBe("ok");
    for (const value of [undefined, "0", "2", "$(X)"]) expect(judgeSetting(value).verdict).toBe("failed");
  });

  test("warns where the file is not there, or was changed", () => {
    expect(judgeFile(managerFile)).toMatchObject({ verdict: "ok" });
    for (const change of [{ content: "X = 1\n" }, { mode: 0o666 }, { owner: "nobody:root" }]) {
      expect(judgeFile({ ...managerFile, ...change }).verdict).toBe("warning");
    }
    expect(judgeFile(undefined).verdict).toBe("warning");
  });
});

describe("the doctor of an execute node", () => {
  test("warns of a manager without the line, and of one that does not answer", () => {
    expect(judgeGuard({ value: "1" }).verdict).toBe("ok");
    expect(judgeGuard({ value: undefined })).toMatchObject({
      verdict: "warning",
      remedy: expect.stringContaining(GUARD_LINE),
    });
    expect(judgeGuard({ value: "2" }).verdict).toBe("warning");
    expect(judgeGuard({ silence: "Can't find address" })).toMatchObject({
      verdict: "warning",
      found: expect.stringContaining("Can't find address"),
    });
  });
});
