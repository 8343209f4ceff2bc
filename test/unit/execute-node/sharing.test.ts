import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { sharing } from "../../../execute-node/agent/sharing.ts";

test("a thousand who ask at once cost two questions, and nobody gets an answer older than the asking", async () => {
  let begun = 0;
  const ask = sharing(async () => {
    const number = ++begun;
    await sleep(5);
    return number;
  });
  const first = ask();
  const others = Array.from({ length: 1000 }, () => ask());
  expect(await first).toBe(1);
  expect(new Set(await Promise.all(others))).toEqual(new Set([2]));
  expect(await ask()).toBe(3);
});

test("a failure reaches those who shared the question, and the next are asked anew", async () => {
  let begun = 0;
  const ask = sharing(async () => {
    await sleep(1);
    if (++begun < 3) throw new Error(`silent ${begun}`);
    return begun;
  });
  const outcomes = await Promise.allSettled([ask(), ask(), ask()]);
  const reasons = outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.message);
  expect(reasons).toEqual(["silent 1", "silent 2", "silent 2"]);
  expect(await ask()).toBe(3);
});
