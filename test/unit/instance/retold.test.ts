import { describe, expect, test } from "vitest";
import { diffInstance } from "../../../provider/instance/diff.ts";
import { SEED_INPUTS } from "../../../provider/instance/guest-inputs.ts";
import { ignoredNote, retoldWarning } from "../../../provider/instance/retold.ts";
import { INPUTS } from "./samples.ts";

const none = new Set<string>();

/** Another value of each of what a guest is told. */
const TOLD: Record<string, unknown> = {
  userData: "#!/bin/sh\n",
  sshAuthorizedKeys: ["ssh-ed25519 AAAA"],
  hostname: "other",
  metaData: { a: 1 },
  networkConfig: { version: 2 },
};

describe("a change of what a guest is told", () => {
  test.each(SEED_INPUTS)("replaces the machine, and says because of what: %s", (name) => {
    const news = { ...INPUTS, [name]: TOLD[name] };
    for (const [from, to] of [
      [INPUTS, news],
      [news, INPUTS],
    ] as const) {
      const { changes, replaces } = diffInstance(from, to, none);
      expect({ changes, replaces }).toEqual({ changes: true, replaces: [name] });
      expect(retoldWarning(replaces)).toMatch(new RegExp(`new machine .* reads ${name} only .*"ignore"`));
    }
  });

  test.each(SEED_INPUTS)("does nothing where it is to be ignored, and says so the first time: %s", (name) => {
    const before = { ...INPUTS, onUserDataChange: "ignore" };
    const news = { ...before, [name]: TOLD[name] };
    expect(diffInstance(before, news, none)).toMatchObject({ changes: false, replaces: [] });
    expect(ignoredNote(before, news, none)).toMatch(new RegExp(`keeps what .*: ${name} changed`));
    expect(ignoredNote(news, news, none)).toBeUndefined();
  });

  test("replaces the machine once it is ignored no longer, although the program says what it said", () => {
    const outputs = { ...INPUTS, userData: "#!a", onUserDataChange: "ignore" };
    const news = { ...INPUTS, userData: "#!b", onUserDataChange: "replace" };
    expect(diffInstance(outputs, news, none).replaces).toEqual(["userData"]);
  });

  test("is none where the words differ and the meaning does not", () => {
    const news = { ...INPUTS, userData: {}, sshAuthorizedKeys: [], metaData: {}, networkConfig: null };
    expect(diffInstance(INPUTS, news, none)).toMatchObject({ changes: false, replaces: [] });
    const ignoring = { ...news, onUserDataChange: "ignore" };
    expect(ignoredNote({ ...INPUTS, onUserDataChange: "ignore" }, ignoring, none)).toBeUndefined();
  });

  test("is not known where a preview does not know the value", () => {
    const news = { ...INPUTS, userData: "?", onUserDataChange: "ignore" };
    expect(diffInstance(INPUTS, { ...news, onUserDataChange: "replace" }, new Set(["userData"])).replaces).toEqual([]);
    expect(ignoredNote(INPUTS, news, new Set(["userData"]))).toBeUndefined();
  });
});

describe("nobody is told that a machine could be kept", () => {
  test.each([[[]], [["image"]], [["userData", "profile"]]])("which is replaced for %j", (replaces) => {
    expect(retoldWarning(replaces)).toBeUndefined();
  });

  test("or is kept, where something else replaces it", () => {
    const before = { ...INPUTS, onUserDataChange: "ignore" };
    expect(ignoredNote(before, { ...before, name: "other", userData: "#!x" }, none)).toBeUndefined();
  });
});
