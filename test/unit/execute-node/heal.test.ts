import { expect, test } from "vitest";
import { Healer, waitAfter } from "../../../execute-node/agent/heal.ts";
import type { VmAbility } from "../../../execute-node/agent/startd.ts";
import { Trouble } from "../../../execute-node/agent/trouble.ts";

const OFFLINE: VmAbility = { able: false, kind: "offline", reason: "VMGAHP_ERR_INTERNAL", since: 1764000000 };

/** A node with a startd of its own: what it says can be set, and what the healer does is written down. */
function node() {
  const world = {
    seconds: 0,
    vm: { able: true } as VmAbility,
    probeFails: undefined as string | undefined,
    did: [] as string[],
    trouble: new Trouble(),
  };
  const healer = new Healer({
    askStartd: async () => ({ jobs: [], vm: world.vm }),
    probe: async () => {
      world.did.push("probe");
      if (world.probeFails !== undefined) throw new Error(world.probeFails);
    },
    putBack: async () => {
      world.did.push("put back");
      world.vm = { able: true };
    },
    complaint: () => "Failed to create libvirt domain: no network",
    trouble: world.trouble,
    log: () => {},
    now: () => world.seconds * 1000,
  });
  const look = async (seconds = 0) => {
    world.seconds += seconds;
    await healer.look();
    return world.did.splice(0);
  };
  return { world, look };
}

test("a whole node is left alone", async () => {
  const { world, look } = node();
  expect(await look()).toEqual([]);
  expect(world.trouble.text).toBe("");
});

test("a node that HTCondor took out is put back at once when a probe succeeds, and tells what was", async () => {
  const { world, look } = node();
  world.vm = OFFLINE;
  expect(await look()).toEqual(["probe", "put back"]);
  expect(world.trouble.text).toMatch(
    /^Since .*VMGAHP_ERR_INTERNAL; vm-gahp: Failed to create libvirt domain: no network/,
  );
  expect(await look(2)).toEqual([]);
  expect(world.trouble.text).toMatch(/^Over since .*VMGAHP_ERR_INTERNAL/);
});

test("a node stays out while its probe fails, and says why", async () => {
  const { world, look } = node();
  world.vm = OFFLINE;
  world.probeFails = "no QEMU";
  expect(await look()).toEqual(["probe"]);
  expect(await look(2)).toEqual([]);
  expect(world.trouble.text).toContain("which fails: no QEMU.");
  expect(await look(10)).toEqual(["probe"]);
  world.probeFails = undefined;
  expect(await look(10)).toEqual(["probe", "put back"]);
});

test("a node that falls out again soon stays out for longer each time", async () => {
  const { world, look } = node();
  world.vm = OFFLINE;
  expect(await look()).toEqual(["probe", "put back"]);
  await look(2);
  world.vm = OFFLINE;
  expect(await look(10)).toEqual([]);
  expect(world.trouble.text).toContain("stays out for 10 s");
  expect(await look(9)).toEqual([]);
  expect(await look(2)).toEqual(["probe", "put back"]);
});

test("a node whose startd did not find vm-gahp working is left to the startd's own test", async () => {
  const { world, look } = node();
  world.vm = { able: false, kind: "untested", reason: "the startd's test of vm-gahp failed", since: 0 };
  expect(await look()).toEqual(["probe"]);
  world.vm = { able: true };
  await look(20);
  expect(world.trouble.text).toMatch(/^Over since/);
});

test("the wait doubles up to ten minutes, and is forgotten after a quarter of an hour without a fault", () => {
  expect(waitAfter(0, Number.POSITIVE_INFINITY)).toBe(0);
  expect(waitAfter(0, 60)).toBe(10);
  expect(waitAfter(10, 60)).toBe(20);
  expect(waitAfter(400, 60)).toBe(600);
  expect(waitAfter(600, 60)).toBe(600);
  expect(waitAfter(600, 900)).toBe(0);
});
