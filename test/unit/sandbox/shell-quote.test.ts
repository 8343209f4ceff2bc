import { execaSync } from "execa";
import { describe, expect, it } from "vitest";
import { shellQuote } from "../../../sandbox/shell-quote.ts";

describe("quoting for a shell", () => {
  it.each([
    "plain",
    "",
    "with blanks  and\ttabs",
    "it's",
    "''",
    "'; touch /tmp/owned; '",
    '"$HOME" `id` $(id) \\',
    "line one\nline two\n",
    "naïve ☃",
    "-n",
    "*?[a]",
    "!!",
  ])("gives back %j unchanged", (text) => {
    const { stdout } = execaSync("sh", ["-c", `printf %s ${shellQuote(text)}; printf .`], { stripFinalNewline: false });
    expect(stdout).toBe(`${text}.`);
  });

  it("refuses a NUL, which no word can hold", () => {
    expect(() => shellQuote("a\0b")).toThrow("NUL");
  });
});
