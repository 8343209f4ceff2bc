import { expect, test } from "vitest";
import { availableBytes, chooseEvictions, lackingBytes, SPARE_BYTES } from "../../../execute-node/agent/eviction.ts";

const image = (digest: string, diskBytes: number, lastUsedAtMs: number) => ({ digest, diskBytes, lastUsedAtMs });
const roomy = { limitBytes: 1000, usedBytes: 0, freeBytes: SPARE_BYTES + 5000 };

test("nothing is lacking, and nothing goes, while limit and disk have room", () => {
  expect(lackingBytes(1000, roomy)).toBe(0);
  expect(chooseEvictions(0, [image("a", 10, 1)])).toEqual([]);
});

test("the limit counts what is used, the disk what is free beside the spare, and the tighter of the two decides", () => {
  expect(lackingBytes(700, { ...roomy, usedBytes: 400 })).toBe(100);
  expect(lackingBytes(700, { ...roomy, freeBytes: SPARE_BYTES + 650 })).toBe(50);
  expect(lackingBytes(700, { limitBytes: 1000, usedBytes: 400, freeBytes: SPARE_BYTES + 500 })).toBe(200);
});

test("a limit that was lowered below what is used, and a disk that others filled, must be made up for", () => {
  expect(lackingBytes(10, { ...roomy, usedBytes: 1500 })).toBe(510);
  expect(lackingBytes(10, { ...roomy, freeBytes: SPARE_BYTES - 90 })).toBe(100);
});

test("the least recently used go first, and only as many as needed", () => {
  const images = [image("new", 100, 3), image("old", 100, 1), image("middle", 100, 2)];
  expect(chooseEvictions(100, images)).toEqual(["old"]);
  expect(chooseEvictions(101, images)).toEqual(["old", "middle"]);
  expect(chooseEvictions(300, images)).toEqual(["old", "middle", "new"]);
});

test("an old image stays when the ones that must go after it make room enough", () => {
  expect(chooseEvictions(100, [image("small", 10, 1), image("large", 100, 2)])).toEqual(["large"]);
  expect(chooseEvictions(110, [image("small", 10, 1), image("large", 100, 2)])).toEqual(["small", "large"]);
  const three = [image("tiny", 5, 1), image("small", 10, 2), image("large", 95, 3)];
  expect(chooseEvictions(100, three)).toEqual(["tiny", "large"]);
});

test("nothing goes when everything together would not do", () => {
  expect(chooseEvictions(201, [image("a", 100, 1), image("b", 100, 2)])).toBeUndefined();
  expect(chooseEvictions(1, [])).toBeUndefined();
});

test("what is said to be available is exactly what can be had", () => {
  const space = { limitBytes: 1000, usedBytes: 900, freeBytes: SPARE_BYTES + 50 };
  const images = [image("a", 100, 1), image("b", 200, 2)];
  const available = availableBytes(space, images);
  expect(available).toBe(350);
  expect(chooseEvictions(lackingBytes(available, space), images)).toHaveLength(2);
  expect(chooseEvictions(lackingBytes(available + 1, space), images)).toBeUndefined();
  expect(availableBytes({ ...space, freeBytes: 0 }, images)).toBe(0);
});
