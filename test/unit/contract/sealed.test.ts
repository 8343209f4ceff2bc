import { expect, test } from "vitest";
import { newSealKeys, open, publicKeyOf, SEALED_MAX_BYTES, seal } from "../../../contract/sealed.ts";

const CONTEXT = "ap#7.0#1764000000";

test("what is sealed for a key opens with its private half, and with nothing else", () => {
  const [owner, other] = [newSealKeys(), newSealKeys()];
  const box = seal("swordfish", owner.publicKey, CONTEXT);
  expect(open(box, owner.privateKey, CONTEXT)).toBe("swordfish");
  expect(open(box, other.privateKey, CONTEXT)).toBeUndefined();
  expect(open(box, owner.publicKey, CONTEXT)).toBeUndefined();
  expect(publicKeyOf(owner.privateKey)).toBe(owner.publicKey);
});

test("a box opens for the job that it is about alone", () => {
  const { publicKey, privateKey } = newSealKeys();
  const box = seal("swordfish", publicKey, CONTEXT);
  for (const context of ["ap#8.0#1764000000", "", `${CONTEXT} `]) {
    expect(open(box, privateKey, context)).toBeUndefined();
  }
});

test("no two boxes are alike, whatever they hold", () => {
  const { publicKey } = newSealKeys();
  const boxes = Array.from({ length: 20 }, () => seal("swordfish", publicKey, CONTEXT));
  expect(new Set(boxes).size).toBe(20);
  for (const box of boxes) expect(box).not.toContain(Buffer.from("swordfish").toString("base64").slice(0, 8));
});

test("a box of which any byte was changed, added or taken does not open", () => {
  const { publicKey, privateKey } = newSealKeys();
  const bytes = Buffer.from(seal("swordfish", publicKey, CONTEXT), "base64");
  const opened = (changed: Buffer) => open(changed.toString("base64"), privateKey, CONTEXT);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(opened(changed), `byte ${at}`).toBeUndefined();
    expect(opened(bytes.subarray(0, at)), `${at} bytes`).toBeUndefined();
  }
  expect(opened(Buffer.concat([bytes, Buffer.from([0])]))).toBeUndefined();
});

test("a box holds any text up to its limit", () => {
  const { publicKey, privateKey } = newSealKeys();
  for (const text of ["", "ü€😀", "x".repeat(SEALED_MAX_BYTES)]) {
    expect(open(seal(text, publicKey, CONTEXT), privateKey, CONTEXT)).toBe(text);
  }
  expect(() => seal("x".repeat(SEALED_MAX_BYTES + 1), publicKey, CONTEXT)).toThrow(RangeError);
  expect(() => seal("ü".repeat(SEALED_MAX_BYTES), publicKey, CONTEXT)).toThrow(RangeError);
});

test("what is no box does not open, and what is no key seals nothing", () => {
  const { privateKey } = newSealKeys();
  for (const box of ["", "AAAA", "not base64 at all!", "A".repeat(200), "A".repeat(1_000_000)]) {
    expect(open(box, privateKey, CONTEXT)).toBeUndefined();
  }
  // All zeroes is a point of small order, with which everybody would share the same secret (RFC 7748, 6.1).
  for (const key of ["", "AAAA", Buffer.alloc(31, 1).toString("base64"), Buffer.alloc(32).toString("base64")]) {
    expect(() => seal("swordfish", key, CONTEXT)).toThrow();
  }
});
