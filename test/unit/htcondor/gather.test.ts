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
    });
    const first = ask(1);
    while (batches.length < 1) await sleep(1);
    const second = ask(2);
    while (batches.length < 2) await sleep(1);
    for (const go of release) go();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(batches).toEqual([[1], [2]]);
  });

  test("joins those whose preparations end one after the other, as long as some still arrive", async () => {
    const batches: number[][] = [];
    const ask = gather(
      async (items: readonly number[]) => {
        batches.push([...items]);
        return (item: number) => item;
      },
      { quietMilliseconds: 50, openMostMilliseconds: 60_000 },
    );
    const answers = [];
    for (let caller = 0; caller < 100; caller++) {
      answers.push(ask(caller));
      await sleep(1);
    }
    expect(await Promise.all(answers)).toHaveLength(100);
    // A machine that is busy may let a moment pass between two of them.
    expect(batches.length).toBeLessThan(10);
  });

  test("is not kept waiting by those who arrive without end", async () => {
    const release = new AbortController();
    const ask = gather(
      async (items: readonly number[]) => {
        release.abort();
        return (item: number) => items.length + item;
      },
      { quietMilliseconds: 20, openMostMilliseconds: 40 },
    );
    const answers = [];
    while (!release.signal.aborted) {
      answers.push(ask(0));
      await sleep(1);
    }
    expect((await Promise.all(answers)).every((count) => count > 0)).toBe(true);
  });

  test("waits for a change that is under way, and shares the next one", async () => {
    const batches: number[][] = [];
    let finish = () => {};
    const change = gather(
      async (items: readonly number[]) => {
        batches.push([...items]);
        if (batches.length === 1) await new Promise<void>((resolve) => (finish = resolve));
        return (item: number) => item;
      },
      { oneAtATime: true },
    );
    const first = change(1);
    while (batches.length < 1) await sleep(1);
    const later = [];
    for (const item of [2, 3, 4]) {
      later.push(change(item));
      await sleep(20);
    }
    expect(batches).toEqual([[1]]);
    finish();
    expect(await Promise.all([first, ...later])).toEqual([1, 2, 3, 4]);
    expect(batches).toEqual([[1], [2, 3, 4]]);
  });

  test("is changed after a change that failed", async () => {
    let calls = 0;
    const change = gather(
      async () => {
        if (calls++ === 0) throw new Error("no pool");
        return (item: string) => item;
      },
      { oneAtATime: true },
    );
    const failed = change("a");
    await expect(failed).rejects.toThrow("no pool");
    expect(await change("b")).toBe("b");
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
