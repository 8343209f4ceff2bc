import { describe, expect, test } from "vitest";
import { harmless, lastLines } from "../../../provider/harmless.ts";

const ESC = "\u001b";

describe("what a guest wrote", () => {
  test.each([
    ["a colour", `${ESC}[31mred${ESC}[0m`, "red"],
    ["a cleared screen", `before${ESC}[2J${ESC}[Hafter`, "beforeafter"],
    ["a reset of the terminal", `${ESC}[!p${ESC}[?7h${ESC}[4 qx`, "x"],
    ["a window's title", `${ESC}]0;title\u0007text`, "text"],
    ["a report that the terminal would type back", `${ESC}[6n${ESC}[cx`, "x"],
    ["an 8-bit control", "a\u009b31mb", "ab"],
    ["a backspace and a bell", "rm\b\b\u0007ls", "rmls"],
    ["text that is turned around", "a\u202eb\u2066c", "abc"],
    ["a terminal's line ends", "one\r\r\ntwo\rthree\r\n", "one\ntwo\nthree\n"],
    ["tabs and letters of the world", "\tä 日本 🚀", "\tä 日本 🚀"],
  ])("commands no terminal: %s", (_, text, shown) => {
    expect(harmless(text)).toBe(shown);
  });

  test.each([`${ESC}[`, `${ESC}]0;never ended`, `${ESC}${ESC}[${ESC}`])(
    "keeps no escape that was cut off: %j",
    (text) => {
      expect(harmless(text)).not.toContain(ESC);
    },
  );
});

describe("the last lines", () => {
  test("are the latest, without what is empty at the end", () => {
    expect(lastLines("a\r\nb\r\n\r\nc\r\n\r\n", { lines: 3, characters: 100 })).toEqual(["b", "", "c"]);
  });

  test("are bounded all together", () => {
    const text = Array.from({ length: 50 }, (_, index) => `${index}${"x".repeat(300)}\n`).join("");
    const lines = lastLines(text, { lines: 20, characters: 2048 });
    expect(lines.join("\n").length).toBeLessThanOrEqual(2048);
    expect(lines.at(-1)).toBe(`49${"x".repeat(300)}`);
  });

  test("have what was said again and again once, and what was said before that", () => {
    const text = `up\n${"no lease\r\n".repeat(60)}`;
    expect(lastLines(text, { lines: 20, characters: 2048 })).toEqual(["up", "no lease (60 times)"]);
  });

  test("of one endless line are its beginning", () => {
    expect(lastLines("y".repeat(5000), { lines: 20, characters: 10 })).toEqual(["yyyyyyyyy…"]);
  });

  test("of nothing are none", () => {
    expect(lastLines("\r\n\r\n", { lines: 20, characters: 10 })).toEqual([]);
  });
});
