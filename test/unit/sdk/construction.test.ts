import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { CondorFleet, CondorInstance } from "../../../sdk/index.ts";

beforeAll(async () => {
  const newResource = ({ name, inputs }: pulumi.runtime.MockResourceArgs) => ({ id: `${name}-id`, state: inputs });
  await pulumi.runtime.setMocks({ call: () => ({}), newResource }, "shop", "dev");
});

const KINDS = {
  CondorInstance: (name: string, opts?: pulumi.CustomResourceOptions) =>
    new CondorInstance(name, { image: "debian" }, opts),
  CondorFleet: (name: string, opts?: pulumi.CustomResourceOptions) =>
    new CondorFleet(name, { image: "debian", count: 2 }, opts),
};

describe.each(Object.entries(KINDS))("the construction of a %s", (kind, make) => {
  test("leaves it to others how many frames their errors remember", () => {
    const before = Error.stackTraceLimit;
    make(`${kind}-frames`);
    expect(Error.stackTraceLimit).toBe(before);
    expect(new Error("later").stack?.split("\n").length).toBeGreaterThan(2);
  });

  test("that fails says where in the program, in the words of the failure", () => {
    const before = Error.stackTraceLimit;
    let failure: unknown;
    try {
      make("");
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).toContain("name");
    expect((failure as Error).stack).toContain("construction.test.ts");
    expect(Error.stackTraceLimit).toBe(before);
  });

  test("takes Pulumi's traces where somebody looks for a promise that leaks", () => {
    vi.stubEnv("PULUMI_DEBUG_PROMISE_LEAKS", "1");
    onTestFinished(() => void vi.unstubAllEnvs());
    const within: number[] = [];
    const transformations: pulumi.ResourceTransformation[] = [() => void within.push(Error.stackTraceLimit)];
    make(`${kind}-leaks`, { transformations });
    expect(within).toEqual([Error.stackTraceLimit]);
    vi.unstubAllEnvs();
    make(`${kind}-usual`, { transformations });
    expect(within[1]).toBe(0);
  });
});
