import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { executeNode } from "../pool/nodes.ts";
import { killOn, processesOn } from "../pool/processes.ts";
import { condor, queue } from "../pool/queue.ts";
import { eventually } from "../pool/wait.ts";
import { type FleetStack, makeFleetStack } from "./stack.ts";

const profile = { memoryMiB: 96, vcpus: 1 };

/** What the text of a submit description would make of it, a text that arrives as it was written. */
const HOSTILE = '(Machine != "$(HOME) $ENV(HOME) $F(x) \\" ) || ( // queue")';

/** The last of these tests' jobs that left the queue. */
const LAST_PLACED = ["-limit", "1", "-constraint", 'regexp("^placed-", CloudName)'];

/**
 * Waits until the pool's two nodes have so many machines together in their slots: one that is removed in its first 45
 * seconds keeps its slot until they are over, and `spread` counts it.
 */
async function nodesHave(machines: number): Promise<void> {
  await eventually(
    `the nodes have ${machines} machines`,
    async () =>
      (await condor("condor_status", "-constraint", "PartitionableSlot", "-af", "NumDynamicSlots")).trim().split("\n"),
    (counts) => counts.length === 2 && counts.reduce((sum, count) => sum + Number(count), 0) === machines,
  );
}

/** What the queue has of the jobs that are placed by these tests, which begin with `placed-`. */
async function placed(): Promise<Record<string, unknown>[]> {
  return (await queue()).filter(({ CloudName }) => String(CloudName).startsWith("placed-"));
}

describe("where machines run", () => {
  let world: FleetStack;
  let hosts: [string, string];
  beforeAll(async () => {
    world = await makeFleetStack("placement");
    hosts = [(await executeNode(1)).host, (await executeNode(2)).host];
  });
  afterAll(async () => {
    await world.dispose();
  });

  const hostsOf = async () => Object.values(await world.members("placed")).map(({ host }) => host);
  const declare = (more: Record<string, unknown>) =>
    world.declare({
      fleets: { placed: { image: inject("smallImage"), profile, waitFor: "running", count: 2, ...more } },
    });

  test("an expression that is none fails the preview in HTCondor's words, and nothing is submitted", async () => {
    await declare({ requirements: "Memory >" });
    const preview = await world.stack.preview().then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(preview).toContain("Parse error in expression: Memory >");
    await declare({ rank: "true) || (true" });
    expect((await world.tryUp()).output).toContain("has a ) that closes nothing");
    expect(await placed()).toEqual([]);
  });

  test("requirements that name one node put all machines there, whatever else their text says", async () => {
    await declare({ requirements: `TARGET.Machine == "${hosts[1]}" && ${HOSTILE}`, onEviction: "fail", priority: 3 });
    const output = await world.up();
    expect(output).not.toContain("No execute node meets");
    expect(await hostsOf()).toEqual([hosts[1], hosts[1]]);
    const arrived = await condor("condor_q", "-allusers", "-constraint", "JobPrio == 3", "-long");
    expect(arrived).toContain(HOSTILE);
  });

  test("a priority and a rank change in place", async () => {
    const before = (await placed()).map(({ GlobalJobId }) => GlobalJobId);
    const requirements = `TARGET.Machine == "${hosts[1]}" && ${HOSTILE}`;
    await declare({ requirements, onEviction: "fail", priority: 7, rank: "TARGET.Memory" });
    await world.up();
    const after = await placed();
    expect(after.map(({ GlobalJobId }) => GlobalJobId)).toEqual(before);
    expect(after.map(({ JobPrio }) => JobPrio)).toEqual([7, 7]);
    const changed = await condor("condor_q", "-allusers", "-constraint", "JobPrio == 7", "-long");
    expect(changed).toContain("VirtualMachineRank = TARGET.Memory");
  });

  test("one that lost its node and must not start elsewhere ends, and the next up makes it anew", async () => {
    const before = await world.members("placed");
    const node = await executeNode(2);
    const [starter] = await processesOn(node, /^condor_starter/);
    if (starter === undefined) throw new Error(`${node.name} has no starter.`);
    await killOn(node, [starter]);
    const left = await eventually(
      "one of two machines is gone",
      placed,
      (jobs) => jobs.filter(({ JobStatus }) => JobStatus === 2).length === 1 && jobs.length === 1,
    );
    expect(left.map(({ NumShadowStarts }) => NumShadowStarts)).toEqual([1]);
    const history = await condor("condor_history", ...LAST_PLACED, "-af", "RemoveReason", "NumShadowStarts");
    expect(history.trim()).toBe("It lost its node. 1");
    await world.stack.refresh();
    await world.up();
    const after = await world.members("placed");
    const stayed = Object.keys(before).filter((name) => before[name]?.id === after[name]?.id);
    expect([Object.keys(after), stayed.length]).toEqual([["placed-0", "placed-1"], 1]);
  });

  test("those that are to be apart come to two nodes, also one after the other", async () => {
    await declare({ count: 0 });
    await world.up();
    await nodesHave(0);
    await declare({ spread: "hosts", count: 1 });
    await world.up();
    await nodesHave(1);
    await declare({ spread: "hosts", count: 2 });
    await world.up();
    expect((await placed()).map(({ NumShadowStarts }) => NumShadowStarts)).toEqual([1, 1]);
    expect((await hostsOf()).sort()).toEqual([...hosts].sort());
  });
});
