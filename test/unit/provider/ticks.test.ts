import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { Ticks } from "../../../provider/ticks.ts";

const PHASE = 123;

/** Ticks by a clock that a test sets. */
function ticking() {
  const clock = { now: 1_000_000 };
  return { clock, ticks: new Ticks(() => clock.now, PHASE) };
}

/** Waits from tick to tick for so long, seeing the same; answers the instants at which it looked. */
function looks(ticks: Ticks, clock: { now: number }, milliseconds: number, whose: object = {}): number[] {
  const instants = [];
  for (const end = clock.now + milliseconds; clock.now < end; ) {
    clock.now += ticks.next(whose, "queued");
    instants.push(clock.now);
  }
  return instants;
}

const gaps = (instants: readonly number[]) =>
  instants.slice(1).map((instant, index) => instant - (instants[index] ?? 0));

describe("those who wait", () => {
  test("look often at first, and less and less often while nothing changes", () => {
    const { ticks, clock } = ticking();
    const whose = {};
    expect(new Set(gaps(looks(ticks, clock, 14_000, whose)))).toEqual(new Set([500]));
    clock.now += 2000;
    expect(new Set(gaps(looks(ticks, clock, 60_000, whose)))).toEqual(new Set([1000]));
    clock.now += 60_000;
    expect(new Set(gaps(looks(ticks, clock, 300_000, whose)))).toEqual(new Set([2000]));
    clock.now += 300_000;
    expect(new Set(gaps(looks(ticks, clock, 300_000, whose)))).toEqual(new Set([5000]));
  });

  test("look often again, all of them, when one sees something new or joins them", () => {
    const { ticks, clock } = ticking();
    const patient = {};
    looks(ticks, clock, 1_000_000, patient);
    expect(ticks.next(patient, "queued")).toBe(5000);
    ticks.next(patient, "running");
    expect(ticks.next(patient, "running")).toBeLessThanOrEqual(625);
    clock.now += 700_000;
    ticks.next({}, "queued");
    expect(ticks.next(patient, "running")).toBeLessThanOrEqual(625);
  });

  test("hear of a machine that goes to and fro once", () => {
    const { ticks, clock } = ticking();
    const whose = {};
    ticks.next(whose, "queued");
    ticks.next(whose, "starting");
    clock.now += 700_000;
    ticks.next(whose, "queued");
    expect(ticks.next(whose, "starting")).toBeGreaterThan(1000);
  });

  test("look at the same instants, whenever each began", () => {
    for (const rest of [0, 20_000, 200_000, 1_000_000]) {
      const { ticks, clock } = ticking();
      ticks.next({}, "queued");
      const begun = clock.now + rest;
      const [early, late] = [{}, {}];
      ticks.next(early, "queued");
      ticks.next(late, "queued");
      const since = (milliseconds: number, whose: object) => {
        clock.now = begun + milliseconds;
        return clock.now + ticks.next(whose, "queued");
      };
      // Later than a quarter of the quickest pace before an instant they would leave it to the others.
      expect(since(1, early)).toBe(since(60, late));
    }
  });

  test("never look at once, nor do two looks follow each other closely", () => {
    const { ticks, clock } = ticking();
    const whose = {};
    ticks.next(whose, "queued");
    for (let step = 0; step < 2000; step++) {
      clock.now += 1;
      const until = ticks.next(whose, "queued");
      expect(until).toBeGreaterThanOrEqual(125);
      expect(until).toBeLessThanOrEqual(625);
    }
  });
});

test("no timer is left when nobody waits any more, so the process ends", { timeout: 60_000 }, async () => {
  const module = (name: string) => JSON.stringify(new URL(`../../../provider/${name}.ts`, import.meta.url).href);
  const program = `
    const { nextTick } = await import(${module("patience")});
    const { Operation } = await import(${module("operation")});
    const interruption = new AbortController();
    const interrupted = nextTick(new Operation({ signal: interruption.signal }), "waiting").catch((error) => error.code);
    await nextTick(new Operation(), "waiting");
    interruption.abort();
    console.log(await interrupted);
    console.log(process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length);
  `;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", program], { timeout: 60_000 });
  expect(stdout).toMatch(/^(?:interrupted|undefined)\n0$/);
});
