import { describe, expect, test } from "vitest";
import { planSize, type Size, type Standing } from "../../../provider/fleet/plan.ts";
import { dice } from "./dice.ts";

/** A member that the state knows and that runs. */
function member(number: number, change: Partial<Standing> = {}): Standing {
  return { name: `web-${number}`, number, queuedAt: 1000 + number, isQueued: false, isKnown: true, ...change };
}

const size = (count: number, change: Partial<Size> = {}): Size => ({
  count,
  namePrefix: "web",
  removeFirst: [],
  ...change,
});
const names = (members: readonly { name: string }[]) => members.map(({ name }) => name);

describe("a fleet that is to be larger", () => {
  test("begins with the number 0", () => {
    expect(planSize([], size(3))).toEqual({ keep: [], drop: [], make: ["web-0", "web-1", "web-2"] });
  });

  test("keeps all that live, and gives the lowest free numbers", () => {
    const plan = planSize([member(1), member(4)], size(5));
    expect(names(plan.keep)).toEqual(["web-1", "web-4"]);
    expect(plan.make).toEqual(["web-0", "web-2", "web-3"]);
  });

  test("gives the names of members that died again before others", () => {
    expect(planSize([member(1), member(2)], size(4, { died: ["web-3"] })).make).toEqual(["web-3", "web-0"]);
  });

  test("gives no name twice, also where a name that died is there again", () => {
    expect(planSize([member(0)], size(3, { died: ["web-0", "web-1"] })).make).toEqual(["web-1", "web-2"]);
  });

  test("makes none again of those that died and are not wanted any more", () => {
    expect(planSize([member(0)], size(1, { died: ["web-1"] })).make).toEqual([]);
  });
});

describe("a fleet that is to be smaller", () => {
  const dropped = (members: Standing[], count: number, change: Partial<Size> = {}) =>
    names(planSize(members, size(count, change)).drop);

  test("loses the newest", () => {
    const members = [member(0), member(1, { queuedAt: 5000 }), member(2)];
    expect(dropped(members, 2)).toEqual(["web-1"]);
    expect(dropped(members, 1)).toEqual(["web-1", "web-2"]);
  });

  test("loses the highest numbers of those of one submission", () => {
    expect(
      dropped(
        [0, 2, 10, 1].map((number) => member(number, { queuedAt: 7 })),
        2,
      ),
    ).toEqual(["web-10", "web-2"]);
  });

  test("loses those first that queue, then those that no state knows", () => {
    const members = [member(0, { isQueued: true }), member(1, { isKnown: false }), member(2), member(3)];
    expect(dropped(members, 3)).toEqual(["web-0"]);
    expect(dropped(members, 2)).toEqual(["web-0", "web-1"]);
    expect(dropped(members, 1)).toEqual(["web-0", "web-1", "web-3"]);
  });

  test("loses those that the program names before all others, in its order", () => {
    const members = [member(0, { isQueued: true }), member(1), member(2), member(3)];
    expect(dropped(members, 2, { removeFirst: ["web-2", "web-7", "web-1"] })).toEqual(["web-2", "web-1"]);
    expect(dropped(members, 3, { removeFirst: ["web-2", "web-7", "web-1"] })).toEqual(["web-2"]);
  });

  test("loses what a stopped roll had lent it before one that the roll made anew", () => {
    const members = [member(0, { queuedAt: 9000 }), member(1), member(2), member(3, { queuedAt: 8000 })];
    expect(dropped(members, 3, { previousCount: 3 })).toEqual(["web-3"]);
    expect(dropped(members, 3)).toEqual(["web-0"]);
  });

  test("may lose all", () => {
    expect(dropped([member(0), member(1)], 0)).toHaveLength(2);
  });
});

test("whatever lives, the plan makes the fleet as large as it is to be, and never both drops and makes", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const roll = dice(seed);
    const live = Array.from({ length: 12 }, (_, number) => number)
      .filter(() => roll(2) === 0)
      .map((number) =>
        member(number, { queuedAt: roll(5), isQueued: roll(3) === 0, isKnown: roll(3) > 0, name: `web-${number}` }),
      );
    const died = roll(2) === 0 ? [`web-${roll(12)}`] : [];
    const removeFirst = roll(2) === 0 ? [`web-${roll(12)}`, `web-${roll(12)}`] : [];
    const wanted = size(roll(14), { died, removeFirst, previousCount: roll(12) });
    const { keep, drop, make } = planSize(live, wanted);
    const after = [...names(keep), ...make];
    expect(new Set(after).size).toBe(after.length);
    expect(after).toHaveLength(wanted.count);
    expect([...keep, ...drop].sort(byNumber)).toEqual(live.sort(byNumber));
    expect(Math.min(drop.length, make.length)).toBe(0);
    expect(planSize(keep, { ...wanted, count: keep.length }).drop).toEqual([]);
  }
});

function byNumber(one: Standing, other: Standing): number {
  return one.number - other.number;
}
