import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { addNewImage } from "../pool/images.ts";
import { writeProject } from "../project.ts";
import { LOCAL_FAULTS, type LocalFault, POOL_FAULTS } from "./deeds.ts";

import { convergeAndJudge, domainsAreJobs, type Verdict } from "./judge.ts";
import { letPoolGo, MOMENTS, type Moment } from "./moments.ts";
import { PROJECT, Trial } from "./trial.ts";
import { inTurns } from "./turns.ts";

/** One machine, as the trial's environment says. */
const PROGRAM = `
import { CondorInstance } from "pulumi-condor";
const { TRIAL_IMAGE: image, TRIAL_LABEL: label } = process.env;
new CondorInstance("web", { image, profile: { memoryMiB: 128, vcpus: 1 }, labels: { label } });
`;

/** So many commands of Pulumi run at once: each is four processes, and keeps a core busy for seconds. */
const AT_ONCE = 6;

const CONVERGED: Verdict = { orphaned: 0, doubled: 0, lost: 0 };

let folder: string;
let image: string;

interface Case {
  readonly fault: string;
  readonly moment: Moment;
  readonly trial: Trial;
}

/** Makes a stack for each fault and moment, those that need one with a machine. */
async function makeCases(faults: readonly { readonly name: string }[]): Promise<Case[]> {
  const pairs = MOMENTS.flatMap((moment) => faults.map(({ name }) => ({ fault: name, moment })));
  return await inTurns(AT_ONCE, pairs, async ({ fault, moment }) => {
    const name = `${fault} ${moment.name}`.replace(/[^a-z]+/gi, "-").toLowerCase();
    const trial = await Trial.make(name, folder, image);
    if (moment.needsMachine) {
      const made = await trial.run("up", "--yes", "--skip-preview");
      expect(made.exitCode, made.output).toBe(0);
    }
    return { fault, moment, trial };
  });
}

/** Brings all to their moments, strikes, lets everything go, and has each rerun and judged. */
async function tryAll(cases: readonly Case[], strike: () => Promise<void>): Promise<Verdict[]> {
  try {
    for (const moment of MOMENTS) {
      const those = cases.filter((one) => one.moment === moment);
      await inTurns(AT_ONCE, those, async ({ trial, fault }) => {
        await moment.reach(trial).catch((error: unknown) => {
          throw new Error(`${fault}, ${moment.name}: ${error}`);
        });
        await trial.meetFamily();
      });
    }
    await strike();
  } finally {
    await Promise.all(cases.map(({ trial }) => trial.gates.openAll()));
    await letPoolGo();
  }
  try {
    const ended = await Promise.all(cases.map(async (one) => ({ ...one, first: await one.trial.ended() })));
    return await inTurns(AT_ONCE, ended, ({ trial, fault, moment, first }) =>
      convergeAndJudge(trial, fault, moment, first),
    );
  } finally {
    await Promise.all(cases.map(({ trial }) => trial.endFamily()));
  }
}

describe("whatever dies at whatever moment, a rerun makes what is declared and nothing else", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "condor-cloud-faults-"));
    await writeProject(folder, inject("project"));
    await writeFile(join(folder, "Pulumi.yaml"), `name: ${PROJECT}\nruntime: nodejs\nmain: index.mjs\n`);
    await writeFile(join(folder, "index.mjs"), PROGRAM);
    image = (await addNewImage("guest")).reference;
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test("Pulumi's own processes: the provider killed; Ctrl-C once and twice; the engine killed", async () => {
    const cases = await makeCases(LOCAL_FAULTS);
    const verdicts = await tryAll(cases, async () => {
      await Promise.all(cases.map(({ trial, fault }) => strikeOne(trial, fault)));
    });
    expect(verdicts).toEqual(cases.map(() => CONVERGED));
    await domainsAreJobs();
  });

  test.each(POOL_FAULTS)("the pool's: $name", async (fault) => {
    const cases = await makeCases([fault]);
    expect(await tryAll(cases, fault.strike)).toEqual(cases.map(() => CONVERGED));
    await domainsAreJobs();
  });
});

async function strikeOne(trial: Trial, name: string): Promise<void> {
  const fault = LOCAL_FAULTS.find((local: LocalFault) => local.name === name);
  await fault?.strike(trial, await trial.meetFamily());
}
