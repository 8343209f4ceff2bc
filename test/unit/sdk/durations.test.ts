import { describe, expect, test } from "vitest";
import { durationSeconds } from "../../../contract/duration.ts";
import { timeoutSeconds } from "../../../sdk/durations.ts";

describe("Pulumi's custom timeouts", () => {
  test.each([
    ["90s", 90],
    ["5m", 300],
    ["1h30m", 5400],
    ["1.5h", 5400],
    [".5m", 30],
    ["1d", 86_400],
    ["1m0s", 60],
    ["250ms", 0.25],
  ])("read %s as %d seconds", (text, seconds) => {
    expect(durationSeconds(text)).toBeCloseTo(seconds, 9);
  });

  test.each(["", "5", "m", "0s", "-5m", "5 m", "5m!", "1h30", "five minutes", "5m; rm -rf /"])("refuse %j", (text) => {
    expect(durationSeconds(text)).toBeUndefined();
    expect(() => timeoutSeconds({ create: text })).toThrow(/is no positive duration such as "90s"/);
  });

  test("are passed on where they are given", () => {
    expect(timeoutSeconds(undefined)).toBeUndefined();
    expect(timeoutSeconds({ create: "5m", delete: "30s", read: "1s" })).toEqual({
      createSeconds: 300,
      deleteSeconds: 30,
    });
  });
});
