import { describe, expect, test } from "vitest";
import { memberName } from "../../../provider/fleet/inputs.ts";
import { floorOf, nextWave, type Pace, type Rolling } from "../../../provider/fleet/waves.ts";
import { dice } from "./dice.ts";

/** `o` and `n`: an old and a new member that serve; `-` and `+`: an old and a new one that do not. */
function crew(text: string): Rolling[] {
  return [...text].map((letter, number) => ({
    name: memberName("web", number),
    number,
    isOutdated: letter === "o" || letter === "-",
    isAvailable: letter === "o" || letter === "n",
  }));
}

function pace(members: readonly Rolling[], count: number, maxUnavailable: number, maxSurge = 0, must = count): Pace {
  const floor = floorOf(members, must, maxUnavailable);
  return { count, namePrefix: "web", maxUnavailable, maxSurge, floor };
}

const wave = (text: string, maxUnavailable: number, maxSurge = 0) => {
  const members = crew(text);
  return nextWave(members, pace(members, members.length, maxUnavailable, maxSurge));
};

describe("a wave", () => {
  test("takes as many as may be missing, the lowest numbers first", () => {
    expect(wave("oooo", 1)).toEqual({ kind: "wave", replace: ["web-0"], lend: [] });
    expect(wave("noooo", 2)).toEqual({ kind: "wave", replace: ["web-1", "web-2"], lend: [] });
  });

  test("never comes where all are as they should be", () => {
    expect(wave("nn+n", 1)).toEqual({ kind: "done" });
    expect(wave("", 1)).toEqual({ kind: "done" });
  });

  test("takes those first that do not serve", () => {
    expect(wave("oo-o", 1)).toEqual({ kind: "wave", replace: ["web-2"], lend: [] });
    expect(wave("o---", 2)).toMatchObject({ replace: ["web-1", "web-2"] });
  });

  test("lends members behind the last number where more may live", () => {
    expect(wave("ooo", 0, 1)).toEqual({ kind: "wave", replace: [], lend: ["web-3"] });
    expect(wave("oo", 0, 5)).toMatchObject({ lend: ["web-2", "web-3"] });
    expect(wave("ooo", 1, 1)).toEqual({ kind: "wave", replace: ["web-0"], lend: ["web-3"] });
  });

  test("takes one for each that was lent and serves", () => {
    const members = [...crew("ooo"), { ...crew("n")[0], name: "web-3", number: 3 } as Rolling];
    expect(nextWave(members, { count: 3, namePrefix: "web", maxUnavailable: 0, maxSurge: 1, floor: 3 })).toEqual({
      kind: "wave",
      replace: ["web-0"],
      lend: [],
    });
  });

  test("is stuck where the lent one does not serve and nobody may be missing", () => {
    const members = [...crew("ooo"), { ...crew("+")[0], name: "web-3", number: 3 } as Rolling];
    const stuck = nextWave(members, { count: 3, namePrefix: "web", maxUnavailable: 0, maxSurge: 1, floor: 3 });
    expect(stuck).toEqual({ kind: "stuck", available: 3 });
  });

  test("goes by how many served when the roll began, in a fleet that is larger than its pool", () => {
    expect(wave("oooo--", 1)).toMatchObject({ replace: ["web-4"] });
    const later = crew("oooo++");
    expect(nextWave(later, pace(crew("oooo--"), 6, 1))).toMatchObject({ replace: ["web-0"] });
  });

  test("leaves as many as must be ready, but for those that may be missing, where fewer than all must", () => {
    const later = crew("ooooo+");
    expect(nextWave(later, pace(crew("ooooo-"), 6, 1))).toEqual({ kind: "stuck", available: 5 });
    expect(nextWave(later, pace(crew("ooooo-"), 6, 1, 0, 5))).toMatchObject({ replace: ["web-0"] });
  });
});

/** Rolls a fleet to its end in a pool where each new member comes; says what was seen at every moment. */
function rollOut(members: Rolling[], rule: Pace) {
  const now = new Map(members.map((member) => [member.name, member]));
  const touched: string[] = [];
  let leastAvailable = Number.POSITIVE_INFINITY;
  let mostAlive = now.size;
  const note = () => {
    mostAlive = Math.max(mostAlive, now.size);
    leastAvailable = Math.min(leastAvailable, [...now.values()].filter(({ isAvailable }) => isAvailable).length);
  };
  for (let waves = 0; waves < 200; waves++) {
    const next = nextWave([...now.values()], rule);
    if (next.kind !== "wave") return { kind: next.kind, now, touched, leastAvailable, mostAlive };
    touched.push(...next.replace);
    for (const name of next.replace) now.delete(name);
    note();
    for (const name of [...next.replace, ...next.lend]) {
      now.set(name, { name, number: Number(name.split("-")[1]), isOutdated: false, isAvailable: false });
    }
    note();
    for (const [name, member] of now)
      now.set(name, { ...member, isAvailable: member.isAvailable || !member.isOutdated });
    note();
  }
  throw new Error("The roll does not end");
}

test("whatever the fleet is like, a roll ends, with all new, few missing, few more, and no new one touched", () => {
  for (let seed = 1; seed <= 1000; seed++) {
    const roll = dice(seed);
    const letters = Array.from({ length: roll(10) }, () => ["o", "o", "o", "n", "-"][roll(5)]).join("");
    const members = crew(letters);
    const maxUnavailable = roll(4);
    const rule = pace(members, members.length, maxUnavailable, maxUnavailable === 0 ? 1 + roll(3) : roll(3));
    const before = members.filter(({ isAvailable }) => isAvailable).length;
    const { kind, now, touched, leastAvailable, mostAlive } = rollOut(members, rule);
    const what = `${letters}, maxUnavailable ${maxUnavailable}, maxSurge ${rule.maxSurge}`;
    expect(kind, what).toBe("done");
    expect(
      [...now.values()].every(({ isOutdated }) => !isOutdated),
      what,
    ).toBe(true);
    expect(mostAlive, what).toBeLessThanOrEqual(members.length + rule.maxSurge);
    const must = members.length - maxUnavailable;
    expect(leastAvailable, what).toBeGreaterThanOrEqual(before >= must ? must : before - maxUnavailable);
    const outdated = members.filter(({ isOutdated }) => isOutdated).map(({ name }) => name);
    expect(touched.sort(), what).toEqual(outdated.sort());
  }
});
