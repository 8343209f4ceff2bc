import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { encodeLabels } from "../../../contract/job-ad.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { theSandbox } from "../pool/nodes.ts";
import { condor, queue } from "../pool/queue.ts";
import { eventually } from "../pool/wait.ts";
import { GARBAGE, Liar, type Manner } from "./liar.ts";
import { Trial } from "./trial.ts";
import { makeWorld, type World } from "./world.ts";

const YES = ["--yes", "--skip-preview"] as const;
const FOREIGN_JOBS = 5000;

/** The provider ends a command after 60 s; an update that may take less fails then. */
const UPDATE_SECONDS = 50;

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(async () => {
  await world.dispose();
});

/** A stack whose `condor_q` may lie. */
async function makeTrial(name: string, more: Record<string, unknown> = {}): Promise<{ trial: Trial; liar: Liar }> {
  const own = { TRIAL_MORE: JSON.stringify(more) };
  const trial = await Trial.make(name, world.folder, world.image.reference, own);
  return { trial, liar: await Liar.make(trial.gates.commands) };
}

async function succeeds(trial: Trial, ...parameters: string[]): Promise<string> {
  const { exitCode, output } = await trial.run(...parameters, ...YES);
  expect(exitCode, output).toBe(0);
  return output;
}

/** The labels of the trial's job, as the queue has them. */
async function labelsOf(id: string | undefined): Promise<unknown> {
  return (await queue()).find((job) => job.GlobalJobId === id)?.CloudLabels;
}

describe("a condor_q that is broken", () => {
  const lies: [Exclude<Manner, "honest" | "hanging">, RegExp][] = [
    ["garbage", new RegExp(`condor_q answered something that cannot be read.*${GARBAGE}`, "s")],
    ["half", /condor_q answered something that cannot be read.*It begins: "\[/s],
    ["nothing", /condor_q answered something that cannot be read \(0 characters\).*The answer is empty/s],
  ];
  test.concurrent.each(lies)(
    "and answers %s with exit status 0: nothing is made, no machine is taken for gone, and all goes on when it is honest again",
    async (manner, words) => {
      const { trial, liar } = await makeTrial(`answers-${manner}`);
      const fails = async (command: string) => {
        await liar.be(manner);
        const { exitCode, output } = await trial.run(command, ...YES);
        await liar.be("honest");
        expect(exitCode, output).not.toBe(0);
        expect(output).toMatch(words);
      };
      try {
        // Half of the nothing that the real one prints is nothing, and half of its totals is no proof.
        await fails("up");
        expect(await trial.jobs()).toEqual([]);
        await succeeds(trial, "up");
        const made = await trial.jobs();
        expect(made).toHaveLength(1);

        trial.relabel("second");
        for (const command of ["refresh", "up", "destroy"]) {
          await fails(command);
          expect(await trial.recordedId()).toBe(made[0]?.id);
          expect(await trial.jobs()).toEqual(made);
        }
        await succeeds(trial, "refresh");
        await succeeds(trial, "up");
        expect(await trial.jobs()).toEqual(made);
        expect(await labelsOf(made[0]?.id)).toBe(encodeLabels({ label: "second" }));
      } finally {
        await liar.be("honest");
        await succeeds(trial, "destroy");
      }
      expect(await trial.jobs()).toEqual([]);
    },
  );

  test.concurrent.each(["refresh", "up"])("and hangs is ended, and %s says so and changes nothing", async (command) => {
    const { trial, liar } = await makeTrial(`hangs-${command}`, { timeoutSeconds: UPDATE_SECONDS });
    try {
      await succeeds(trial, "up");
      const made = await trial.jobs();
      trial.relabel("second");
      await liar.be("hanging");
      const { exitCode, output } = await trial.run(command, ...YES);
      expect(exitCode, output).not.toBe(0);
      expect(output).toMatch(/Timed out .*condor_q gave no answer within 60 s and was ended/);
      expect(await trial.recordedId()).toBe(made[0]?.id);
      expect(await trial.jobs()).toEqual(made);

      await liar.be("honest");
      await succeeds(trial, "refresh");
      await succeeds(trial, "up");
      expect(await trial.jobs()).toEqual(made);
    } finally {
      await liar.be("honest");
      await succeeds(trial, "destroy");
    }
  });

  test.concurrent("and hangs is ended, and a destroy goes on by itself when it is honest again", async () => {
    const { trial, liar } = await makeTrial("hangs-destroy");
    await succeeds(trial, "up");
    await liar.be("hanging");
    trial.start("destroy");
    await eventually("condor_q to hang", () => trial.meetFamily(), hangs, 60);
    await liar.be("honest");
    const { exitCode, output } = await trial.ended();
    expect(exitCode, output).toBe(0);
    expect(await trial.jobs()).toEqual([]);
  });
});

function hangs(family: readonly { command: string }[]): boolean {
  return family.some(({ command }) => command === "sleep 3600");
}

describe("a pool whose administrator has a rule for submissions", () => {
  const RULE = "SUBMIT_REQUIREMENT_NAMES = None\\nSUBMIT_REQUIREMENT_None = false\\n";
  const REASON = "You are not authorized to submit before Monday";
  const file = "/etc/condor/config.d/99-rule.conf";
  const setRule = async (command: string, isThere: boolean) => {
    const { manager } = await theSandbox();
    await runIn(manager, ["sh", "-c", `${command} && condor_reconfig -daemon schedd`]);
    const names = () => runIn(manager, ["condor_config_val", "-schedd", "SUBMIT_REQUIREMENT_NAMES"]).catch(() => "");
    await eventually("the schedd to know", names, (text) => text.startsWith("None") === isThere);
  };
  beforeAll(() => setRule(`printf '${RULE}SUBMIT_REQUIREMENT_None_REASON = "${REASON}"\\n' > ${file}`, true));
  afterAll(() => setRule(`rm ${file}`, false));

  test("tells in the administrator's words why it takes no machine", async () => {
    const { trial } = await makeTrial("ruled");
    const { exitCode, output } = await trial.run("up", ...YES);
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(
      new RegExp(`The pool did not take the machine web.\n.*${REASON}.*Nothing was submitted`, "s"),
    );
    expect(await trial.jobs()).toEqual([]);
  });
});

describe("a queue with thousands of foreign jobs", () => {
  let cluster: string;
  beforeAll(async () => {
    const description = [
      ...["universe = vanilla", "executable = /bin/true", "transfer_executable = false", "initialdir = /"],
      ...["hold = true", `queue ${FOREIGN_JOBS}`, ""],
    ];
    const input = description.join("\n");
    const submitted = await execa("condor_submit", ["-terse", "-"], { env: inject("environment"), input });
    cluster = String(Number.parseInt(submitted.stdout, 10));
  });
  afterAll(async () => {
    await condor("condor_rm", cluster);
    await eventually("the foreign jobs to be gone", queue, (jobs) => jobs.length === 0);
  });

  test("is asked for the one machine that is read, and the log shows it to whoever asks for it", async () => {
    const { trial, liar } = await makeTrial("crowd");
    try {
      await succeeds(trial, "up");
      const id = await trial.recordedId();
      const [, number] = /#(\d+)\.0#/.exec(id ?? "") ?? [];
      expect(number).toBeDefined();
      expect((await queue()).length).toBe(FOREIGN_JOBS + 1);
      await liar.calls();

      const quiet = await succeeds(trial, "refresh");
      expect(quiet).not.toContain("condor_q");
      const [call, ...others] = await liar.calls();
      expect(others).toEqual([]);
      expect(call?.jobs).toBe(1);
      const constraint = `-constraint ClusterId == ${number} && ProcId == 0 && GlobalJobId =?= "${id}"`;
      expect(call?.options.endsWith(constraint), call?.options).toBe(true);

      const told = await succeeds(trial, "refresh", "--debug");
      expect(told).toMatch(/condor_q \[.*"-constraint",.*\]: exit status 0 after \d/);
      expect(told).not.toContain(encodeLabels({ label: "first" }));
    } finally {
      await succeeds(trial, "destroy");
    }
  });
});
