import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import { describe, expect, test } from "vitest";
import { fromHost, toHost, UNKNOWN, unknownProperties } from "../../../sdk/values.ts";

describe("values on their way to and from Pulumi's host", () => {
  test("are unknown by the word that Pulumi's own library uses", () => {
    expect(UNKNOWN).toBe(rpc.unknownValue);
  });

  test("are unknown as a whole property when anything below is", () => {
    const properties = {
      image: UNKNOWN,
      profile: { memoryMiB: UNKNOWN, vcpus: 1 },
      labels: { a: { b: [1, [UNKNOWN]] } },
      name: `not ${UNKNOWN}`,
      nothing: null,
      timeoutSeconds: 5,
    };
    expect([...unknownProperties(properties)]).toEqual(["image", "profile", "labels"]);
  });

  test("lose the provider's own code, and are an empty bag when there are none", () => {
    expect(fromHost({ __provider: "exports.handler = …", name: "web" })).toEqual({ name: "web" });
    expect(fromHost(undefined)).toEqual({});
  });

  test("are plain JSON in which absent values are left out", () => {
    expect(toHost({ name: undefined, labels: { a: undefined, b: "1" } })).toStrictEqual({ labels: { b: "1" } });
  });
});
