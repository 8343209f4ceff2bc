import { describe, expect, test } from "vitest";
import type { NodeSlot } from "../../../provider/htcondor/slots.ts";
import { place, whyNever } from "../../../provider/instance/capacity.ts";
import type { Needs } from "../../../provider/instance/needs.ts";

const NOW = 1_795_562_980_000;
const DIGEST = "a".repeat(64);
const needs: Needs = { memoryMiB: 1024, vcpus: 2, networks: ["default"] };

function node(
  host: string,
  totalMemoryMiB: number | undefined,
  totalCpus: number | undefined,
  change: Partial<NodeSlot["report"]> = {},
): NodeSlot {
  return {
    host,
    freeMemoryMiB: totalMemoryMiB,
    freeCpus: totalCpus,
    totalMemoryMiB,
    totalCpus,
    report: {
      heartbeat: NOW / 1000,
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

/** What a node reports whose agent takes no machines: nothing about itself. */
const takesNone: Partial<NodeSlot["report"]> = {
  heartbeat: 0,
  networks: [],
  architectures: [],
  firmwares: [],
  trouble: "libvirt is silent",
};

describe("a machine that no node could ever hold", () => {
  test("is larger than each of them, by however little", () => {
    expect(whyNever(needs, [node("a", 1024, 2)])).toBeUndefined();
    expect(whyNever(needs, [node("a", 1023, 2)])).toMatchObject({ property: "profile" });
    expect(whyNever(needs, [node("a", 1024, 1)])).toMatchObject({ property: "profile" });
  });

  test("hears of the largest of all sizes, for memory of one node and processors of another hold nothing", () => {
    expect(whyNever(needs, [node("a", 4096, 1), node("b", 512, 8), node("c", 512, 4), node("d", 256, 1)])).toEqual({
      property: "profile",
      reason:
        "no execute node of the pool could ever hold 1024 MiB and 2 vCPUs; the largest that any can hold: 4096 MiB and 1 vCPU on a, 512 MiB and 8 vCPUs on b",
    });
  });

  test("hears of the largest that boots it, and not of larger ones that do not", () => {
    const nodes = [node("a", 512, 1), node("b", 4096, 8, { architectures: ["i686"] })];
    expect(whyNever({ ...needs, architecture: "x86_64" }, nodes)?.reason).toMatch(/can hold: 512 MiB and 1 vCPU on a$/);
  });

  test.each<[Partial<Needs>, string, string]>([
    [{ architecture: "i686" }, "image", "a: boots no i686 guests"],
    [{ firmware: "uefi" }, "image", "a: has no uefi firmware for guests"],
    [{ networks: ["lan"] }, "network", "a: has no network lan"],
  ])("is of a kind that none boots: %j", (change, property, why) => {
    expect(whyNever({ ...needs, ...change }, [node("a", 4096, 8)])).toEqual({
      property,
      reason: `no execute node of the pool could ever boot such a machine: ${why}`,
    });
  });
});

describe("a machine that some node may hold one day", () => {
  test.each<[string, Needs, NodeSlot[]]>([
    ["no node reports", needs, []],
    ["a node does not say how large it is", needs, [node("a", undefined, undefined)]],
    ["all is taken", needs, [{ ...node("a", 1024, 2), freeMemoryMiB: 0, freeCpus: 0 }]],
    ["a disk is full", { ...needs, diskMiB: 5000 }, [node("a", 1024, 2)]],
    [
      "an agent takes none now",
      { ...needs, architecture: "x86_64", firmware: "bios" },
      [node("a", 1024, 2, takesNone)],
    ],
    ["its image is not known", needs, [node("a", 1024, 2, { architectures: ["i686"] })]],
  ])("is refused nothing: %s", (_why, asked, nodes) => {
    expect(whyNever(asked, nodes)).toBeUndefined();
  });
});

describe("a place", () => {
  test("is taken from the first node that has it left, until none has", () => {
    const first = place(needs, [node("a", 1500, 8), node("b", 2048, 2)], NOW);
    const second = first && place(needs, first, NOW);
    expect(first?.map(({ freeMemoryMiB, freeCpus }) => [freeMemoryMiB, freeCpus])).toEqual([
      [476, 6],
      [2048, 2],
    ]);
    expect(second?.map(({ freeMemoryMiB, freeCpus }) => [freeMemoryMiB, freeCpus])).toEqual([
      [476, 6],
      [1024, 0],
    ]);
    expect(second && place(needs, second, NOW)).toBeUndefined();
  });

  test("is never the last that a node has only in part", () => {
    const left = place({ ...needs, memoryMiB: 1500 }, [node("a", 1500, 8)], NOW);
    expect(left?.[0]?.freeMemoryMiB).toBe(0);
    expect(left && place({ ...needs, memoryMiB: 64 }, left, NOW)).toBeUndefined();
  });

  test("takes of disk what the disk can grow to, and of the cache what the image takes, once", () => {
    const asked = { ...needs, diskMiB: 300, image: { digest: DIGEST, cacheMiB: 600 } };
    const first = place(asked, [node("a", 9000, 9)], NOW);
    expect(first?.[0]?.report).toMatchObject({ diskFreeMiB: 700, cacheAvailableMiB: 400, images: [DIGEST] });
    const second = first && place(asked, first, NOW);
    expect(second?.[0]?.report).toMatchObject({ diskFreeMiB: 400, cacheAvailableMiB: 400 });
    const other = { ...asked, image: { digest: "b".repeat(64), cacheMiB: 600 } };
    expect(second && place(other, second, NOW)).toBeUndefined();
  });

  test.each<[string, Partial<NodeSlot["report"]>]>([
    ["takes none", takesNone],
    ["is silent", { heartbeat: NOW / 1000 - 61 }],
    ["is in trouble", { trouble: "HTCondor took the node out" }],
    ["has no room on its disk", { diskFreeMiB: 299 }],
  ])("is none at a node that %s", (_what, change) => {
    expect(place({ ...needs, diskMiB: 300 }, [node("a", 9000, 9, change)], NOW)).toBeUndefined();
  });

  test("is at a node that does not say how much it has free", () => {
    expect(place(needs, [node("a", undefined, undefined)], NOW)).toHaveLength(1);
  });
});
