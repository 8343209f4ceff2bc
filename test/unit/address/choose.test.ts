import { describe, expect, test } from "vitest";
import { choosePairs, type Known } from "../../../provider/address/choose.ts";
import { AddressesExhaustedError } from "../../../provider/address/errors.ts";
import { byPrecedence, holderOf, holderText } from "../../../provider/address/holder.ts";
import type { AddressWish } from "../../../provider/address/wishes.ts";
import type { MacHolder } from "../../../provider/htcondor/holders.ts";
import { holding, ipOf, macOf, poolWith } from "./samples.ts";

const wish = (change: Partial<AddressWish> = {}): AddressWish => ({
  name: "main",
  network: "default",
  address: "auto",
  ...change,
});

function known(holders: readonly MacHolder[] = [], change: Partial<Known> = {}): Known {
  return {
    key: "shop/dev/condor:Instance/web",
    heldBy: (macAddress) => holderOf(macAddress, holders),
    claimedBy: () => undefined,
    previous: new Map(),
    lost: new Set(),
    ...change,
  };
}

const pair = (number: number) => ({ macAddress: macOf(number), address: ipOf(number) });
const choose = (count: number, state: Known, wishes = [wish()]) => choosePairs(wishes, poolWith(count), state);

describe("the choice of a fixed address", () => {
  test("is the one that is asked for, also where somebody holds it", () => {
    const wishes = [wish({ address: ipOf(2) })];
    expect(choose(3, known([holding(2)]), wishes)).toEqual(new Map([["main", pair(2)]]));
  });

  test.each([1, 2, 5, 3, 6, 7])("for auto is none that a job of JobStatus %d holds", (status) => {
    const holders = [holding(1, { status }), holding(3, { status, slot: "" })];
    expect(choose(3, known(holders))).toEqual(new Map([["main", pair(2)]]));
  });

  test("for auto is none that another create of this process has taken", () => {
    const claimedBy = (macAddress: string) => (macAddress === macOf(3) ? undefined : "shop/dev/t/db");
    expect(choose(3, known([], { claimedBy }))).toEqual(new Map([["main", pair(3)]]));
  });

  test("for auto is the predecessor's while that is free, and is there still", () => {
    for (const number of [1, 2, 3, 4, 5]) {
      const previous = new Map([["main", pair(number)]]);
      expect(choose(5, known([], { previous }))).toEqual(new Map([["main", pair(number)]]));
      expect(choose(5, known([holding(number)], { previous })).get("main")).not.toEqual(pair(number));
    }
    expect(choose(5, known([], { previous: new Map([["main", pair(9)]]) })).size).toBe(1);
  });

  test("for auto is the same in a rerun, whatever the pool's order, and keeps when others are added", () => {
    const first = choose(50, known()).get("main");
    expect(choosePairs([wish()], [...poolWith(50)].reverse(), known()).get("main")).toEqual(first);
    const fewer = poolWith(50).filter(({ macAddress }, index) => index % 2 === 0 || macAddress === first?.macAddress);
    expect(choosePairs([wish()], fewer, known()).get("main")).toEqual(first);
  });

  test("for auto spreads machines over the pool, so that two stacks rarely meet", () => {
    const keys = Array.from({ length: 100 }, (_, index) => `shop/dev/condor:Instance/m${index}`);
    const taken = new Set(keys.map((key) => choose(200, known([], { key })).get("main")?.address));
    expect(taken.size).toBeGreaterThan(65);
  });

  test("for auto is last one that somebody else was quicker to take", () => {
    const first = choose(2, known()).get("main");
    const lost = new Set([first?.macAddress ?? ""]);
    expect(choose(2, known([], { lost })).get("main")).not.toEqual(first);
    expect(choose(1, known([], { lost: new Set([macOf(1)]) })).get("main")).toEqual(pair(1));
  });

  test("gives two interfaces two pairs, and leaves one that is asked for to the interface that asks", () => {
    const wishes = [wish(), wish({ name: "lan" }), wish({ name: "own", address: ipOf(2) })];
    const chosen = choose(3, known(), wishes);
    expect(new Set([...chosen.values()].map(({ address }) => address)).size).toBe(3);
    expect(chosen.get("own")).toEqual(pair(2));
  });

  test("takes pairs of the interface's network, and those of any", () => {
    const pool = [...poolWith(1, "lan"), { macAddress: macOf(7), address: ipOf(7) }];
    expect(choosePairs([wish()], pool, known()).get("main")).toEqual(pair(7));
    expect(choosePairs([wish({ network: "lan" })], pool, known([holding(7)])).get("main")).toEqual(pair(1));
  });

  test("with a MAC address means the pair that has it", () => {
    const wishes = [wish({ macAddress: macOf(2) })];
    expect(choose(3, known([holding(2)]), wishes)).toEqual(new Map([["main", pair(2)]]));
  });
});

describe("an exhausted pool", () => {
  const failure = (count: number, state: Known, wishes?: AddressWish[]) => {
    try {
      choose(count, state, wishes);
    } catch (error) {
      if (error instanceof AddressesExhaustedError) return error;
      throw error;
    }
    return expect.fail("a pair was found");
  };

  test("says how many pairs there are, and who holds each", () => {
    const holders = [holding(1), holding(2, { status: 5, slot: "", owner: "carol" })];
    const claimedBy = (macAddress: string) => (macAddress === macOf(3) ? "shop/dev/t/db" : undefined);
    const { message, code, isFreeing } = failure(3, known(holders, { claimedBy }));
    expect({ code, isFreeing }).toEqual({ code: "in-use", isFreeing: false });
    expect(message).toContain("All 3 pairs of the address pool for the network default are held");
    expect(message).toContain("192.168.1.1: job 101.0 (m1) of bob on exec1");
    expect(message).toContain("192.168.1.2: job 102.0 (m2) of carol held");
    expect(message).toContain("192.168.1.3: another machine of this program (db)");
  });

  test("names ten holders, and says how many more there are", () => {
    const { message } = failure(14, known(Array.from({ length: 14 }, (_, index) => holding(index + 1))));
    expect(message).toContain("and 4 more");
  });

  test("of one pair names the interface that finds none", () => {
    const { message } = failure(1, known(), [wish(), wish({ name: "lan" })]);
    expect(message).toContain(
      'The one pair of the address pool for the network default is held, so interfaces.lan.address "auto"',
    );
    expect(message).toContain("another interface of this machine");
  });

  test("knows whether one is about to be free", () => {
    expect(failure(1, known([holding(1, { status: 3 })])).isFreeing).toBe(true);
  });
});

describe("of two jobs with one MAC address", () => {
  const order = (...holders: MacHolder[]) => holders.sort(byPrecedence).map(({ clusterId }) => clusterId);

  test("has it the one that runs, also while it is being removed; else the one that came first", () => {
    expect(
      order(
        holding(1, { clusterId: 1, slot: "", queuedAt: 1, status: 1 }),
        holding(1, { clusterId: 2, slot: "", queuedAt: 2, status: 5 }),
        holding(1, { clusterId: 3, queuedAt: 3, status: 3 }),
      ),
    ).toEqual([3, 1, 2]);
  });

  test("is told by cluster, proc and id where they came in the same second", () => {
    const idle = { slot: "", status: 1 };
    const holders = [
      holding(1, { ...idle, clusterId: 7, procId: 1, globalJobId: "b#7.1#1" }),
      holding(1, { ...idle, clusterId: 7, procId: 1, globalJobId: "a#7.1#1" }),
      holding(1, { ...idle, clusterId: 7, procId: 0 }),
      holding(1, { ...idle, clusterId: 6, procId: 9 }),
    ];
    const ids = (list: MacHolder[]) => list.sort(byPrecedence).map(({ globalJobId }) => globalJobId);
    expect(ids([...holders])).toEqual(ids([...holders].reverse()));
    expect(holders.sort(byPrecedence)[0]).toMatchObject({ clusterId: 6 });
  });

  test("a job by hand has no name, and an odd owner no words", () => {
    expect(holderText(holding(1, { name: "", owner: "", slot: "", status: 1 }))).toBe(
      "job 101.0 of an unknown account in the queue",
    );
  });
});
