import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Trial } from "./trial.ts";
import { makeWorld, type World } from "./world.ts";

const LEASE_SECONDS = 4 * 3600;

/** Starting and being waited for takes less. */
const SPENT_SECONDS_MAX = 300;

/** What a create may take where nothing else is said, and what HTCondor waits longer, in seconds. */
const DEADLINE_SECONDS = 600 + 900;

/** The least that HTCondor must wait: as long as the create does. */
const CREATE_SECONDS = 600;

/** Makes every clock of a Node.js process wrong. */
const WRONG_CLOCK = `
const { CLOCK_OFF_SECONDS } = process.env;
const now = Date.now;
Date.now = () => now() + Number(CLOCK_OFF_SECONDS) * 1000;
globalThis.Date = new Proxy(Date, {
  construct: (target, given) => Reflect.construct(target, given.length === 0 ? [target.now()] : given),
  apply: (target) => new target(target.now()).toString(),
});
`;

let world: World;
let clock: string;

describe("a client whose clock is ten minutes off", () => {
  beforeAll(async () => {
    world = await makeWorld();
    clock = join(world.folder, "wrong-clock.mjs");
    await writeFile(clock, WRONG_CLOCK);
  });
  afterAll(async () => {
    await world.dispose();
  });

  test.concurrent.each([
    ["slow", -600],
    ["fast", 600],
  ])("and %s: up, refresh and destroy do their work, and neither deadline nor lease ends early", async (name, off) => {
    const trial = await Trial.make(`clock-${name}`, world.folder, world.image.reference, {
      NODE_OPTIONS: `--import=${pathToFileURL(clock)}`,
      CLOCK_OFF_SECONDS: String(off),
      TRIAL_MORE: JSON.stringify({ lease: `${LEASE_SECONDS}s` }),
    });
    try {
      await trial.gates.close("before-condor_qedit");
      trial.start("up");
      await trial.gates.reached("before-condor_qedit");
      const [made] = await trial.jobs();
      expect(made?.acknowledged).toBe(false);
      expect(made?.deadline).toBeGreaterThan(now() - SPENT_SECONDS_MAX + CREATE_SECONDS);
      // The clock is off indeed.
      const seen = (made?.deadline ?? 0) - DEADLINE_SECONDS - off;
      expect(seen).toBeGreaterThan(now() - SPENT_SECONDS_MAX);
      expect(seen).toBeLessThanOrEqual(now() + 1);
      await trial.gates.openAll();
      const up = await trial.ended();
      expect(up.exitCode, up.output).toBe(0);

      const [leased] = await trial.jobs();
      expect(leased).toMatchObject({ acknowledged: true, id: await trial.recordedId() });
      expect(leased?.leaseUntil).toBeGreaterThan(now() + LEASE_SECONDS - SPENT_SECONDS_MAX);
      expect(leased?.leaseUntil).toBeLessThanOrEqual(now() + LEASE_SECONDS);

      const refresh = await trial.run("refresh", "--yes", "--skip-preview", "--expect-no-changes");
      expect(refresh.exitCode, refresh.output).toBe(0);
      const again = await trial.run("up", "--yes", "--skip-preview", "--expect-no-changes");
      expect(again.exitCode, again.output).toBe(0);
      expect(await trial.jobs()).toEqual([leased]);
    } finally {
      await trial.gates.openAll();
      const destroy = await trial.run("destroy", "--yes", "--skip-preview");
      expect(destroy.exitCode, destroy.output).toBe(0);
    }
    expect(await trial.jobs()).toEqual([]);
  });
});

/** The pool's time: all its machines share this one's clock. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}
