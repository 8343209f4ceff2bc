import { describe, expect, test } from "vitest";
import {
  classAdAssignment,
  classAdLiteral,
  decodeText,
  encodeText,
  inLowerCase,
  parseClassAdLines,
} from "../../../contract/classad.ts";

describe("ClassAd literals", () => {
  test.each([
    ['say "hi"', '"say \\"hi\\""'],
    ["back\\slash", '"back\\\\slash"'],
    ['end with \\"', '"end with \\\\\\""'],
    ["$(HOME) $ENV(PATH) ; # queue", '"$(HOME) $ENV(PATH) ; # queue"'],
  ])("quote %j so that it reads back the same", (text, literal) => {
    expect(classAdLiteral(text)).toBe(literal);
    expect(parseClassAdLines(`A = ${literal}`)).toEqual({ a: text });
  });

  test.each(["line\nbreak", "carriage\rreturn", "nul\0", "ümlaut", "tab\t", "\u007f"])("refuse %j", (text) => {
    expect(() => classAdLiteral(text)).toThrow(/control or non-ASCII/);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuse the number %d", (number) => {
    expect(() => classAdLiteral(number)).toThrow(TypeError);
  });

  test("refuse an attribute name that is more than a name", () => {
    expect(() => classAdAssignment("A = 1\nB", 2)).toThrow(/attribute name/);
  });
});

describe("reading an ad line by line", () => {
  test("literals become values under lower-case names; expressions are left out", () => {
    const ad = parseClassAdLines(
      'Name = "x"\nCount = 3\nRatio = 1.5e3\nOn = TRUE\nOff = false\nExpr = 1 + 2\nUndef = undefined',
    );
    expect(ad).toEqual({ name: "x", count: 3, ratio: 1500, on: true, off: false });
  });

  test("a string that is closed and goes on is no literal", () => {
    expect(parseClassAdLines('A = "x" + "y"\nB = "open')).toEqual({});
  });

  test("names that mean something to JavaScript are names like others", () => {
    const ad = parseClassAdLines('__proto__ = "x"\nconstructor = 1');
    expect(Object.keys(ad)).toEqual(["__proto__", "constructor"]);
  });
});

describe("free text", () => {
  test.each(["", "plain", "ümläut 🚀", "a\nb\0c", '"; queue 100', "x".repeat(10_000)])(
    "travels as base64: %j",
    (text) => {
      const encoded = encodeText(text);
      expect(encoded).toMatch(/^[A-Za-z0-9+/=]*$/);
      expect(decodeText(encoded)).toBe(text);
    },
  );

  test.each(["no base64!", "YQ", "/w=="])("is refused where it is none: %j", (text) => {
    expect(decodeText(text)).toBeUndefined();
  });
});

describe("an ad's names in lower case", () => {
  test("keep their values, and what is undefined is left out", () => {
    expect(inLowerCase({ ClusterId: 1, JOBSTATUS: 2, HoldReason: null, cloudname: "web" })).toEqual({
      clusterid: 1,
      jobstatus: 2,
      cloudname: "web",
    });
  });

  test.each(["__proto__", "__PROTO__"])("cannot make the ad another kind of thing: %s", (name) => {
    const ad = inLowerCase(JSON.parse(`{ "${name}": { "clusterid": 7 }, "ProcId": 0 }`));
    expect(ad.clusterid).toBeUndefined();
    expect(Object.getPrototypeOf(ad)).toBe(Object.prototype);
    expect(ad).toEqual({ procid: 0 });
  });
});
