import { describe, expect, test } from "vitest";
import type { NodeReport } from "../../../contract/node-report.ts";
import type { NodeSlot } from "../../../provider/htcondor/slots.ts";
import { needsOf } from "../../../provider/instance/needs.ts";
import { obstacles } from "../../../provider/instance/obstacles.ts";
import { DIGEST, sampleJob } from "../htcondor/samples.ts";

const NOW_SECONDS = 1_795_562_980;
const job = {
  ...sampleJob(),
  imageNeeds: { architecture: "x86_64", firmware: "uefi", cacheMiB: 300, diskMiB: 500 },
} as const;

function node(change: Partial<NodeReport> = {}, host = "exec1", slot: Partial<NodeSlot> = {}): NodeSlot {
  const report: NodeReport = {
    heartbeat: NOW_SECONDS - 10,
    images: [],
    cacheUsedMiB: 0,
    cacheAvailableMiB: 300,
    diskFreeMiB: 1024,
    networks: ["default"],
    acceleration: "kvm",
    architectures: ["x86_64"],
    firmwares: ["bios", "uefi"],
    trouble: "",
    ...change,
  };
  return { host, freeMemoryMiB: 512, freeCpus: 1, report, ...slot };
}

const found = (...nodes: NodeSlot[]) => obstacles(needsOf(job), nodes, NOW_SECONDS * 1000);

describe("what is in a machine's way", () => {
  test("is that no node is there", () => {
    expect(found()).toEqual(["No execute node of Condor Cloud reports to the pool."]);
  });

  test("is nothing known where a node has all it needs, also one whose cache is full and holds the image", () => {
    const none = ["exec1: nothing is known to be in the way"];
    expect(found(node())).toEqual(none);
    expect(found(node({ images: [DIGEST], cacheAvailableMiB: 0 }))).toEqual(none);
    expect(found(node({ trouble: "Over since 2026-11-25T02:00:00Z; from …" }))).toEqual(none);
    expect(found(node({}, "exec1", { freeMemoryMiB: undefined, freeCpus: undefined }))).toEqual(none);
  });

  test.each<[Partial<NodeReport>, string]>([
    [{ heartbeat: NOW_SECONDS - 61 }, "its agent has been silent for 61 s"],
    [{ trouble: "libvirt is silent" }, "libvirt is silent"],
    [{ heartbeat: 0, architectures: [], networks: [], trouble: "libvirt is silent" }, "libvirt is silent"],
    [{ heartbeat: 0, architectures: [] }, "takes no machines now"],
    [{ architectures: ["i686"] }, "boots no x86_64 guests"],
    [{ firmwares: ["bios"] }, "has no uefi firmware for guests"],
    [{ networks: ["lan"] }, "has no network default"],
    [{ diskFreeMiB: 1023 }, "has 1023 MiB of disk free of 1024 needed"],
    [{ cacheAvailableMiB: 299 }, "has 299 MiB in the image cache free of 300 needed"],
  ])("is what the node's report lacks: %j", (change, words) => {
    expect(found(node(change))).toEqual([`exec1: ${words}`]);
  });

  test("is what the node has no more of", () => {
    expect(found(node({}, "exec1", { freeMemoryMiB: 511, freeCpus: 0 }))).toEqual([
      "exec1: has 511 MiB of memory free of 512 needed",
      "exec1: has 0 vCPUs free of 1 needed",
    ]);
    const large = { ...job, spec: { ...job.spec, size: { ...job.spec.size, diskGiB: 2 } } };
    expect(obstacles(needsOf(large), [node({ diskFreeMiB: 2047 })], NOW_SECONDS * 1000)).toEqual([
      "exec1: has 2047 MiB of disk free of 2048 needed",
    ]);
  });

  test("is said once for all nodes that have it, however many", () => {
    const hosts = ["a", "b", "c", "d", "e"].map((host) => node({ firmwares: ["bios"] }, host));
    expect(found(...hosts, node({ networks: [] }, "f"))).toEqual([
      "a, b, c and 2 more: has no uefi firmware for guests",
      "f: has no network default",
    ]);
  });
});
