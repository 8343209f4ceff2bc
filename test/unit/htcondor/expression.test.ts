import { describe, expect, test } from "vitest";
import { editValue, expressionFault, submitExpression } from "../../../provider/htcondor/expression.ts";
import { isAboutSlotsAlone, slotConstraint } from "../../../provider/htcondor/parse.ts";

const SOUND = [
  'TARGET.Machine == "exec1" && (Memory > 5 || {1, 2}[0] == 1)',
  'regexp("^a)(b", Machine)',
  'Machine == "it\'s \\"quoted\\" \\\\"',
  "'odd name' =?= 3",
  "[a = 1; b = 2].a",
];

const HOSTILE: [what: string, text: string][] = [
  ["closes our parenthesis", "true) || (true"],
  ["closes another than it opened", "(Memory]"],
  ["leaves one open", "(Memory"],
  ["ends in a continuation", "true \\"],
  ["has a text that hides the rest", 'Machine == "a'],
  ["has a text whose end is escaped", 'Machine == "a\\"'],
  ["has a second line", "true\nqueue 1000"],
  ["has a carriage return", "true\rqueue"],
  ["has a comment", "true // rest"],
  ["has a comment that swallows", "true /* rest"],
  ["has the slot's values put in", 'Machine == "$$(Machine)"'],
  ["is beyond ASCII", 'Machine == "Zürich"'],
  ["is empty", "  "],
  ["is too long", "1".repeat(5000)],
];

describe("a person's expression", () => {
  test.each(SOUND)("goes into a submission and an edit as it is: %s", (text) => {
    expect(expressionFault(text)).toBeUndefined();
    expect(submitExpression(text)).toBe(text);
    expect(editValue({ expression: text })).toBe(text);
  });

  test.each(HOSTILE)("is refused where it %s", (_what, text) => {
    expect(expressionFault(text)).toEqual(expect.any(String));
    expect(() => submitExpression(text)).toThrow(TypeError);
    expect(() => editValue({ expression: text })).toThrow(TypeError);
  });

  test("has no macro that a submission expands, and is none in an edit", () => {
    const text = 'Machine == "$(HOME) $ENV(HOME) $F(x) $RANDOM_INTEGER(1,9)"';
    expect(submitExpression(text).replaceAll("$(DOLLAR)", "")).not.toContain("$");
    expect(submitExpression(text).replaceAll("$(DOLLAR)", "$")).toBe(text);
    expect(editValue({ expression: text })).toBe(text);
  });

  test("a literal stays one, whatever it says", () => {
    expect(editValue('true) || "x')).toBe('"true) || \\"x"');
  });

  test("is about the slot itself where the collector is asked, and its texts stay", () => {
    expect(slotConstraint('TARGET.Machine == "TARGET.x" && target . Cpus > 1 && Memory > 2')).toBe(
      'MY.Machine == "TARGET.x" && MY. Cpus > 1 && Memory > 2',
    );
  });

  test("is asked of slots alone where it says nothing of the job", () => {
    expect(isAboutSlotsAlone('TARGET.Machine == "MY.RequestCpus" && HasGpu =?= true')).toBe(true);
    for (const text of ["MY.Foo == 1", "Memory > RequestMemory", "CloudName == Machine", "TARGET.User == Owner"]) {
      expect(isAboutSlotsAlone(text)).toBe(false);
    }
  });
});
