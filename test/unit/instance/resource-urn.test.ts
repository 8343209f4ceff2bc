import { describe, expect, test } from "vitest";
import { keyOf, logicalNameOf } from "../../../provider/instance/resource-urn.ts";

describe("a resource's URN", () => {
  test("gives the key, the parents' types included", () => {
    const urn = "urn:pulumi:dev::shop::my:Component$pulumi-nodejs:dynamic/condor:Instance::web";
    expect(keyOf(urn)).toBe("shop/dev/my:Component$pulumi-nodejs:dynamic/condor:Instance/web");
    expect(logicalNameOf(urn)).toBe("web");
  });

  test("may end with any name", () => {
    const urn = "urn:pulumi:dev::shop::t:T::a::b/c\n$(x) ü";
    expect(logicalNameOf(urn)).toBe("a::b/c\n$(x) ü");
    expect(keyOf(urn)).toBe("shop/dev/t:T/a::b/c\n$(x) ü");
  });

  test.each(["", "web", "urn:pulumi:dev::shop::web", `urn:pulumi:d::p::t::${"x".repeat(1100)}`])(
    "is none: %#",
    (text) => {
      expect(() => keyOf(text)).toThrow();
    },
  );
});
