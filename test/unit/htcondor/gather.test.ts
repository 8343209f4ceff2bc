import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { gather } from "../../../provider/htcondor/gather.ts";

describe("what arrives together", () => {
  test("shares one call, and each gets its own answer", async () => {
    const batches: string[][] = [];
    const ask = gather(async (items: readonly string[]) => {
      batches.push([...items]);
      return (item: string) => item.toUpperCase();
    });
    expect(await Promise.all(["a", "b", "a"].map(ask))).toEqual(["A", "B", "A"]);
    expect(batches).toEqual([["a", "b", "a"]]);
  });

  test("does not wait for a call that is under way", async () => {
    const batches: number[][] = [];
    const release: (() => void)[] = [];
    const ask = gather(async (items: readonly number[]) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => release.push(resolve));
      return (item: number) => item;
    }, 0);
    const first = ask(1);
    while (batches.length < 1) await sleep(1);
    const second = ask(2);
    while (batches.length < 2) await sleep(1);
    for (const go of release) go();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(batches).toEqual([[1], [2]]);
  });

  test("fails together when the call fails, and the next call starts afresh", async () => {
    let broken = true;
    const ask = gather(async () => {
      if (broken) throw new Error("no pool");
      return (item: string) => item;
    });
    const failed = await Promise.allSettled([ask("a"), ask("b")]);
    expect(failed.map((result) => result.status)).toEqual(["rejected", "rejected"]);
    broken = false;
    expect(await ask("c")).toBe("c");
  });

  test("fails alone when only its own answer is an error", async () => {
    const ask = gather(async () => (item: string) => {
      if (item === "bad") throw new Error("refused");
      return item;
    });
    const [good, bad] = await Promise.allSettled([ask("good"), ask("bad")]);
    expect([good?.status, bad?.status]).toEqual(["fulfilled", "rejected"]);
  });
});
