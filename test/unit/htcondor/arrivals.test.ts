import { expect, test } from "vitest";
import { Arrivals } from "../../../provider/htcondor/arrivals.ts";

function after(...moments: number[]): number {
  const arrivals = new Arrivals();
  for (const [index, moment] of moments.entries()) arrivals.note(String(index), moment);
  return arrivals.quietMilliseconds(moments.at(-1));
}

test("a lone caller and the first of a row are kept for nobody", () => {
  expect(after(1000)).toBe(0);
  expect(after(1000, 1600)).toBe(0);
});

test("callers in a row are waited for twice as long as they are apart", () => {
  expect(after(0, 50, 100, 150)).toBe(100);
  expect(after(0, 400, 800)).toBe(800);
});

test("groups of callers who come at once are not kept for the next group", () => {
  expect(after(0, 0, 0, 0, 400, 400, 400, 400)).toBe(0);
});

test("a pause ends a row", () => {
  expect(after(0, 50, 100, 700)).toBe(0);
});

test("whoever comes again with each tick is no row", () => {
  const arrivals = new Arrivals();
  for (const moment of [0, 400, 800]) arrivals.note("waits", moment);
  expect(arrivals.quietMilliseconds(800)).toBe(0);
});

test("a row that has passed keeps nobody waiting", () => {
  const arrivals = new Arrivals();
  for (const moment of [0, 50, 100]) arrivals.note(String(moment), moment);
  expect(arrivals.quietMilliseconds(100)).toBe(100);
  expect(arrivals.quietMilliseconds(700)).toBe(0);
});
