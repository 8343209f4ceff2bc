import { describe, expect, test } from "vitest";
import type { NodeSlot } from "../../../provider/htcondor/slots.ts";
import { couldHold, type Free, type Needs, reserve, whyNever } from "../../../provider/instance/capacity.ts";

const needs: Needs = { memoryMiB: 1024, vcpus: 2, network: "default" };

function node(
  host: string,
  totalMemoryMiB: number,
  totalCpus: number,
  change: Partial<NodeSlot["report"]> = {},
): NodeSlot {
  return {
    host,
    freeMemoryMiB: totalMemoryMiB,
    freeCpus: totalCpus,
    totalMemoryMiB,
    totalCpus,
    report: {
      heartbeat: 1,
      images: [],
      cacheUsedMiB: 0,
      cacheAvailableMiB: 1000,
      diskFreeMiB: 1000,
      networks: ["default"],
      acceleration: "qemu",
      architectures: ["x86_64"],
      firmwares: ["bios"],
      trouble: "",
      ...change,
    },
  };
}

describe("a machine", () => {
  test("fits a node that is exactly as large", () => {
    expect(couldHold(node("a", 1024, 2), needs)).toBe(true);
    expect(couldHold(node("a", 1023, 2), needs)).toBe(false);
    expect(couldHold(node("a", 1024, 1), needs)).toBe(false);
  });

  test("may fit a node that does not say how large it is", () => {
    expect(couldHold({ ...node("a", 0, 0), totalMemoryMiB: undefined, totalCpus: undefined }, needs)).toBe(true);
  });

  test("fits no pool in which one node has the memory and another the processors, and hears of both", () => {
    const never = whyNever(needs, [node("a", 4096, 1), node("b", 512, 8), node("c", 512, 4)]);
    expect(never).toEqual({
      property: "profile",
      reason:
        "no execute node of the pool could ever hold 1024 MiB and 2 vCPU; the largest there is: 4096 MiB and 1 vCPU on a, 512 MiB and 8 vCPU on b",
    });
  });

  test("of a kind that no node boots is a matter of its image", () => {
    expect(whyNever({ ...needs, architecture: "x86_64", firmware: "uefi" }, [node("a", 4096, 8)])).toMatchObject({
      property: "image",
      reason: expect.stringContaining("(x86_64, uefi)"),
    });
    expect(whyNever(needs, [node("a", 4096, 8, { networks: ["lan"] })])).toMatchObject({ property: "image" });
  });

  test("may fit a pool of which no node reports: they may be starting", () => {
    expect(whyNever(needs, [])).toBeUndefined();
  });

  test("takes its part of what is free, until nothing is left", () => {
    const free: Free[] = [node("a", 1500, 8), node("b", 2048, 2)].map((slot) => ({
      memoryMiB: slot.freeMemoryMiB ?? 0,
      vcpus: slot.freeCpus ?? 0,
      node: slot,
    }));
    expect([1, 2, 3].map(() => reserve(needs, free))).toEqual([true, true, false]);
    expect(free.map(({ memoryMiB, vcpus }) => [memoryMiB, vcpus])).toEqual([
      [476, 6],
      [1024, 0],
    ]);
  });
});
