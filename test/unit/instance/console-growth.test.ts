import { describe, expect, test } from "vitest";
import { growthOf } from "../../../provider/instance/console-growth.ts";

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index} of the guest\r\n`).join("");

/** What a follower shows of a row of readings. */
function followed(readings: readonly string[]): { shown: string; broken: number } {
  let before = "";
  let shown = "";
  let broken = 0;
  for (const reading of readings) {
    const growth = growthOf(before, reading);
    if (!growth.joins) broken++;
    shown += growth.text;
    before = growth.reading;
  }
  return { shown, broken };
}

describe("a console that is followed", () => {
  test("shows what was appended, once", () => {
    expect(followed([lines(0, 3), lines(0, 3), lines(0, 5), lines(0, 9)])).toEqual({ shown: lines(0, 9), broken: 0 });
  });

  test("shows what was appended to a window that moves", () => {
    expect(followed([lines(0, 20), lines(5, 25), lines(20, 40)])).toEqual({ shown: lines(0, 40), broken: 0 });
  });

  test("shows nothing twice of a file that its node cut to its newest half", () => {
    expect(followed([lines(0, 40), lines(20, 41), lines(20, 45)])).toEqual({ shown: lines(0, 45), broken: 0 });
    expect(followed([lines(0, 40), lines(20, 40), lines(20, 45)])).toEqual({ shown: lines(0, 45), broken: 0 });
  });

  test("says where something was missed, or a machine began anew", () => {
    const boot = "SeaBIOS (version 1.16)\r\nBooting from Hard Disk...\r\n";
    expect(followed([boot + lines(0, 9), boot])).toEqual({ shown: boot + lines(0, 9) + boot, broken: 1 });
    expect(followed([lines(0, 9), lines(50, 60)])).toMatchObject({ broken: 1 });
  });

  test("begins with whatever is there, also with nothing", () => {
    expect(followed(["", "", "a", "ab"])).toEqual({ shown: "ab", broken: 0 });
  });

  test("waits for the rest of a character, an escape sequence and a line end", () => {
    const said = "ready \u001b[31mnow\u001b[0m\r\nä";
    const cut = ["ready \u001b[3", "ready \u001b[31mnow\u001b[0m\r", "ready \u001b[31mnow\u001b[0m\r\n\ufffd", said];
    expect(followed(cut)).toEqual({ shown: said, broken: 0 });
  });

  test("is not thrown off by a reading that began in the middle of a character", () => {
    expect(followed([lines(0, 20), `\ufffd${lines(3, 22)}`])).toEqual({ shown: lines(0, 22), broken: 0 });
  });

  test("takes time in proportion to what is read, whatever a guest writes", () => {
    const growth = growthOf("a".repeat(1_000_000), `${"a".repeat(999_999)}b`);
    expect(growth).toMatchObject({ text: expect.any(String) });
  });
});
