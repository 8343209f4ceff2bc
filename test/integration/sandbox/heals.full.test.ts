import { afterAll, describe, expect, it, vi } from "vitest";
import { status } from "../../../sandbox/cluster.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { bringUp, machinePids, ownName, removeAll } from "./world.ts";

afterAll(removeAll);

describe("a sandbox of two execute nodes", () => {
  const name = ownName("heals");

  it("is broken with a node whose libvirt has died, and starts that node again, alone", async () => {
    const sandbox = await bringUp(name, { nodes: 2 });
    const [manager, first, second] = await machinePids(sandbox);
    const [node] = sandbox.executeNodes;
    if (!node) throw new Error("no execute node");
    const libvirtd = await runIn(node, ["pidof", "libvirtd"]);
    await runIn(node, ["kill", "-KILL", libvirtd]);
    await vi.waitFor(async () => expect((await status(name))?.state).toBe("broken"), {
      timeout: 90_000,
      interval: 500,
    });
    await bringUp(name, { nodes: 2 });
    expect((await status(name))?.state).toBe("up");
    const after = await machinePids(sandbox);
    expect(after).toEqual([manager, expect.any(Number), second]);
    expect(after[1]).not.toBe(first);
  });
});
