import { describe, expect, it } from "vitest";
import { fileDiff } from "../../../execute-node/install/file-diff.ts";
import { digestOf, planFiles, planRemoval, recordAfter, recordBefore } from "../../../execute-node/install/plan.ts";

const wanted = (path: string, content: string) => ({ path, content, mode: 0o644, owner: "root:root" });
const lies = (path: string, content: string, mode = 0o644, owner = "root:root") =>
  [path, { content, mode, owner }] as const;

/** What is decided for one file. */
function decided(content: string, recorded: readonly string[], found: Map<string, ReturnType<typeof lies>[1]>) {
  const record = recorded.length === 0 ? {} : { "/a": recorded.map(digestOf) };
  return planFiles([wanted("/a", content)], record, found).map(({ action }) => action);
}

describe("the plan of an install", () => {
  it("leaves a file alone that is as it should be, whoever wrote it", () => {
    expect(decided("new", ["new"], new Map([lies("/a", "new")]))).toEqual(["keep"]);
    expect(decided("new", [], new Map([lies("/a", "new")]))).toEqual(["keep"]);
  });

  it("creates what is missing, also what somebody removed", () => {
    expect(decided("new", [], new Map())).toEqual(["create"]);
    expect(decided("new", ["new"], new Map())).toEqual(["create"]);
  });

  it("tells an old version of ours from an administrator's change", () => {
    expect(decided("new", ["old"], new Map([lies("/a", "old")]))).toEqual(["update"]);
    expect(decided("new", ["old"], new Map([lies("/a", "edited")]))).toEqual(["overwrite"]);
    expect(decided("new", [], new Map([lies("/a", "theirs")]))).toEqual(["overwrite"]);
  });

  it("corrects owner and mode alone where the content is right", () => {
    expect(decided("new", ["new"], new Map([lies("/a", "new", 0o666)]))).toEqual(["set"]);
    expect(decided("new", ["new"], new Map([lies("/a", "new", 0o644, "cloudvm:cloudvm")]))).toEqual(["set"]);
  });

  it("removes what an earlier version needed, unless it was changed", () => {
    const record = { "/old": [digestOf("x")], "/edited": [digestOf("x")], "/gone": [digestOf("x")] };
    const found = new Map([lies("/old", "x"), lies("/edited", "y")]);
    const expected = [
      { action: "remove", path: "/old" },
      { action: "leave", path: "/edited" },
    ];
    expect(planFiles([], record, found)).toEqual(expected);
    expect(planRemoval(record, found)).toEqual(expected);
  });
});

describe("the record of an install", () => {
  it("knows both versions of every file while they are written, so that an interruption leaves nothing foreign", () => {
    const files = [wanted("/a", "new"), wanted("/b", "new")];
    const before = recordBefore(files, { "/a": [digestOf("old")] });
    // Interrupted between the two files; then a third version comes.
    const next = [wanted("/a", "third"), wanted("/b", "third")];
    const half = new Map([lies("/a", "new"), lies("/b", "new")]);
    expect(planFiles(next, before, half).map(({ action }) => action)).toEqual(["update", "update"]);
    const untouched = new Map([lies("/a", "old")]);
    expect(planFiles(next, before, untouched).map(({ action }) => action)).toEqual(["update", "create"]);
  });

  it("knows one version of each file afterwards, and no file more", () => {
    expect(recordAfter([wanted("/a", "new")])).toEqual({ "/a": [digestOf("new")] });
  });
});

describe("a difference", () => {
  it("is a unified diff from what lies there to what would be installed", () => {
    const text = fileDiff("/etc/x", "one\ntwo\n", "one\n2\n");
    expect(text).toBe("--- /etc/x\n+++ /etc/x (to be installed)\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
  });

  it("of a program is not shown", () => {
    expect(fileDiff("/usr/lib/x", "a".repeat(300_000), "b")).toMatch(/^\/usr\/lib\/x: a program/);
  });
});
