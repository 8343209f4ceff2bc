import { describe, expect, test } from "vitest";
import { formatImageReference, ImageReferenceText } from "../../../contract/image-reference.ts";
import { dataPath, manifestPath } from "../../../contract/store-layout.ts";

const DIGEST = "0123456789abcdef".repeat(4);

describe("an image reference", () => {
  test("is a name and a digest", () => {
    const reference = ImageReferenceText.parse(`debian-13.1@sha256:${DIGEST}`);
    expect(reference).toEqual({ name: "debian-13.1", digest: DIGEST });
    expect(formatImageReference(reference)).toBe(`debian-13.1@sha256:${DIGEST}`);
  });

  test.each([
    "",
    "debian",
    "@sha256:",
    `a/b@sha256:${DIGEST}`,
    `a..b@sha256:${DIGEST}`,
    `a@sha256:${DIGEST}@sha256:${DIGEST}`,
    `a@sha256:${DIGEST.toUpperCase()}`,
    `a\n@sha256:${DIGEST}`,
  ])("is refused when it is %j", (text) => {
    expect(ImageReferenceText.safeParse(text).success).toBe(false);
  });
});

describe("a path in the store", () => {
  test.each(["../x", "", ".", "a/b", `${DIGEST}/..`, "a\0b"])("is never made from %j", (text) => {
    expect(() => dataPath("/store", text)).toThrow();
    expect(() => manifestPath("/store", text)).toThrow();
  });
});
