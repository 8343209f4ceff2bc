import { expect, test } from "vitest";
import { durationText } from "../../../contract/duration.ts";

test.each([
  [0, "0s"],
  [-5, "0s"],
  [59.9, "59s"],
  [60, "1m"],
  [61, "1m 1s"],
  [3600, "1h"],
  [3601, "1h"],
  [3 * 3600 + 12 * 60 + 5, "3h 12m"],
  [86_400 + 59, "1d"],
  [2 * 86_400 + 4 * 3600, "2d 4h"],
])("%d seconds read as %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
