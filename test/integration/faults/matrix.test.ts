import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addEmptyImage, type TestImage } from "../pool/images.ts";
import { LOCAL_FAULTS, POOL_FAULTS } from "./deeds.ts";
import { convergeAndJudge, nothingIsLeft } from "./judge.ts";
import { ACKNOWLEDGED_UNRECORDED, DURING_DELETE, DURING_UPDATE, MOMENTS_OF_CREATION, type Moment } from "./moments.ts";
import { holdUp, letPoolGo, UNWANTED } from "./pool-holds.ts";
import { type Outcome, Trial } from "./trial.ts";
import { inTurns } from "./turns.ts";
import { makeWorld, type World } from "./world.ts";

/** So many stacks are worked on at once: each command of Pulumi is four processes and keeps a core busy for seconds. */
const AT_ONCE = 8;

/** So many machines the tests leave each other. */
const STANDING_MAX = 2;

/** Whether every fault is tried at every moment; otherwise each at two, and each moment with two. */
const isFull = process.env.CONDOR_CLOUD_TEST_FULL === "1";
const FAULTS = [...LOCAL_FAULTS, ...POOL_FAULTS].map(({ name }) => name);
const MOMENTS = [...MOMENTS_OF_CREATION, DURING_UPDATE, DURING_DELETE];
const DIAGONALS = [0, 3];

/** Which of these faults are tried at which of these moments. */
function pairsOf(faults: readonly string[], moments: readonly Moment[]): { fault: string; moment: Moment }[] {
  const isTried = (fault: string, moment: Moment) =>
    isFull || DIAGONALS.includes((FAULTS.indexOf(fault) + MOMENTS.indexOf(moment)) % MOMENTS.length);
  return moments.flatMap((moment) =>
    faults.filter((fault) => isTried(fault, moment)).map((fault) => ({ fault, moment })),
  );
}

/** One fault that meets one command of a stack. */
interface Case {
  readonly fault: string;
  readonly moment: Moment;
  readonly trial: Trial;
}

let world: World;
let slowImage: TestImage;
const trials: Trial[] = [];
/** Stacks with a machine that goes on living. */
const standing: Trial[] = [];
let newlyStanding = 0;

/** Makes a stack without a machine for a moment in the making of one. */
async function makeCase(fault: string, moment: Moment): Promise<Case> {
  const name = `${fault} ${moment.name}`.replace(/[^a-z]+/gi, "-").toLowerCase();
  const image = moment.heldBy === "preparation" ? slowImage : world.image;
  const more = moment.heldBy === "queue" ? { name: UNWANTED } : {};
  const trial = await Trial.make(name, world.folder, image.reference, { TRIAL_MORE: JSON.stringify(more) });
  trials.push(trial);
  return { fault, moment, trial };
}

/** A stack with a machine: one that a trial left standing, or a new one. */
async function takeStanding(): Promise<Trial> {
  const left = standing.shift();
  if (left !== undefined) return left;
  const trial = await Trial.make(`standing-${++newlyStanding}`, world.folder, world.image.reference);
  trials.push(trial);
  const { exitCode, output } = await trial.run("up", "--yes", "--skip-preview");
  expect(exitCode, output).toBe(0);
  return trial;
}

/** Works on all, whatever goes wrong with some; answers what did. */
async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<string[]> {
  const tried = await inTurns(AT_ONCE, items, (item) => work(item).then(() => "", String));
  return tried.filter((problem) => problem !== "");
}

/** Brings a command to its moment and strikes it there. */
async function meet({ fault, moment, trial }: Case): Promise<Outcome> {
  try {
    await moment.reach(trial);
    const family = await trial.meetFamily();
    await LOCAL_FAULTS.find(({ name }) => name === fault)?.strike(trial, family);
  } finally {
    await trial.gates.openAll();
  }
  return await trial.ended();
}

/** Destroys stacks whose machines stand, so that the pool has room for others. */
async function destroyAllBut(count: number): Promise<string[]> {
  const destroyed = standing.splice(0, Math.max(0, standing.length - count));
  return await each(destroyed, async (trial) => {
    const { exitCode, output } = await trial.run("destroy", "--yes", "--skip-preview");
    expect(exitCode, output).toBe(0);
  });
}

async function judge({ fault, moment, trial }: Case, first: Outcome): Promise<void> {
  await convergeAndJudge(trial, fault, moment, first);
  await trial.endFamily();
  if (moment.command === "up") standing.push(trial);
}

describe("whatever dies at whatever moment, a rerun makes what is declared and nothing else", () => {
  beforeAll(async () => {
    world = await makeWorld();
    slowImage = await addEmptyImage("slow");
  });
  afterAll(async () => {
    await letPoolGo();
    await Promise.all(trials.map((trial) => trial.endFamily()));
    await world.dispose();
  });

  test("Pulumi's own processes: the provider killed; Ctrl-C once and twice; the engine killed", async () => {
    const faults = LOCAL_FAULTS.map(({ name }) => name);
    const pairs = [
      ...pairsOf(faults, MOMENTS_OF_CREATION),
      ...faults.map((fault) => ({ fault, moment: ACKNOWLEDGED_UNRECORDED })),
    ];
    const cases = await inTurns(AT_ONCE, pairs, ({ fault, moment }) => makeCase(fault, moment));
    const met = new Map<Case, Outcome>();
    const problems: string[] = [];
    const held = cases.filter(({ moment }) => moment.heldBy !== undefined);
    await holdUp(slowImage.digest);
    try {
      problems.push(
        ...(await each(held, async (one) => {
          met.set(one, await meet(one));
        })),
      );
    } finally {
      await letPoolGo();
    }
    const free = cases.filter((one) => met.has(one) || !held.includes(one));
    problems.push(...(await each(free, async (one) => judge(one, met.get(one) ?? (await meet(one))))));

    const later = pairsOf(faults, [DURING_UPDATE, DURING_DELETE]);
    problems.push(
      ...(await each(later, async ({ fault, moment }) => {
        const one = { fault, moment, trial: await takeStanding() };
        await judge(one, await meet(one));
      })),
    );
    problems.push(...(await destroyAllBut(STANDING_MAX)));
    expect(problems).toEqual([]);
  });

  test.each(POOL_FAULTS)("the pool's: $name", async ({ name: fault, strike }) => {
    const made = await inTurns(AT_ONCE, pairsOf([fault], MOMENTS_OF_CREATION), ({ moment }) => makeCase(fault, moment));
    const later = pairsOf([fault], [DURING_UPDATE, DURING_DELETE]);
    const taken = await inTurns(AT_ONCE, later, async (pair) => ({ ...pair, trial: await takeStanding() }));
    const cases = [...made, ...taken];
    await holdUp(slowImage.digest);
    let isWhole = async () => {};
    const problems: string[] = [];
    try {
      problems.push(...(await each(cases, ({ moment, trial }) => moment.reach(trial))));
      isWhole = await strike();
    } finally {
      await Promise.all(cases.map(({ trial }) => trial.gates.openAll()));
      await Promise.all([isWhole(), letPoolGo()]);
    }
    problems.push(...(await each(cases, async (one) => judge(one, await one.trial.ended()))));
    expect(problems).toEqual([]);
  });

  test("and whatever stands is destroyed", async () => {
    expect(await destroyAllBut(0)).toEqual([]);
    await nothingIsLeft(trials);
  });
});
