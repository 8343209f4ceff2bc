import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { condorAs, runAs } from "../hostile/condor.ts";
import { guestAnswer } from "../pool/guest-answer.ts";
import { theSandbox } from "../pool/nodes.ts";
import { condor, queue } from "../pool/queue.ts";
import { eventually } from "../pool/wait.ts";
import { type GuestOutputs, type GuestStack, makeGuestStack, nodeOf } from "./stack.ts";

/** The pool's user whose machine it is, and another one. */
const OWNER = "cloud";
const OTHER = "curious";

/** What the small guest writes last when it has started. */
const LAST_WORDS = /GUEST-IP \S+/;

/** HTCondor's starter does not hear its end before a look at the guest, each half minute, and not at first. */
const END_SECONDS = 120;

let world: GuestStack;
let machine: GuestOutputs;

const tail = (user: string) => condorAs(user, "condor_tail", "-no-stdout", machine.jobId, "console.log");

async function job(): Promise<Record<string, unknown> | undefined> {
  const text = await condor("condor_q", machine.jobId, "-json");
  return text.trim() === "" ? undefined : JSON.parse(text)[0];
}

const status = async (): Promise<unknown> => (await job())?.JobStatus;

/** What lies in the scratch directories of the machine's node. */
async function scratch(): Promise<string> {
  return runIn(await nodeOf(machine), ["find", "/var/lib/condor/execute", "-name", "dir_*", "-type", "d"]);
}

beforeAll(async () => {
  await runIn((await theSandbox()).manager, ["useradd", "--create-home", OTHER]);
  world = await makeGuestStack("consoles");
  await world.declare({ console: { image: inject("smallImage"), profile: { memoryMiB: 128, vcpus: 1 } } });
  await world.stack.up();
  machine = await world.machine("console");
});
afterAll(async () => {
  await world.dispose();
  await runIn((await theSandbox()).manager, ["userdel", "--force", "--remove", OTHER]);
});

describe("a machine's serial console, by HTCondor's own command", () => {
  test("is given to the machine's owner", async () => {
    await eventually(
      "the owner's console",
      () => tail(OWNER),
      ({ text }) => LAST_WORDS.test(text),
    );
  });

  test("is not given to another user, in HTCondor's words", async () => {
    const { exitCode, text } = await tail(OTHER);
    expect(exitCode).not.toBe(0);
    expect(text).toMatch(/not authorized|permission|denied|Failed to find|not found/i);
    expect(text).not.toContain("GUEST");
  });

  test("is in a file that the accounts of HTCondor and of VM jobs alone read", async () => {
    const node = await nodeOf(machine);
    const [folder = ""] = (await scratch()).trim().split("\n");
    expect(await runIn(node, ["cat", `${folder}/console.log`])).toMatch(LAST_WORDS);
    const { exitCode, text } = await runAs(node, OWNER, ["cat", `${folder}/console.log`]);
    expect(exitCode).not.toBe(0);
    expect(text).not.toContain("GUEST");
  });

  test("begins anew with each start, and makes no job end otherwise than it would", async () => {
    await condor("condor_hold", machine.jobId);
    await eventually("the job to be held", status, (now) => now === 5);
    expect((await job())?.HoldReasonCode).toBe(1);
    await eventually("its scratch directory to be gone", scratch, (folders) => folders.trim() === "", END_SECONDS);
    await condor("condor_release", machine.jobId);
    await eventually("the job to run again", status, (now) => now === 2, END_SECONDS);
    const { text } = await eventually(
      "the console of the second start",
      () => tail(OWNER),
      (said) => LAST_WORDS.test(said.text),
      END_SECONDS,
    );
    expect(text.match(new RegExp(LAST_WORDS, "g"))).toHaveLength(1);
  });

  test("outlives a suspension", async () => {
    await condor("condor_suspend", machine.jobId);
    await eventually("the job to be suspended", status, (now) => now === 7, END_SECONDS);
    await condor("condor_continue", machine.jobId);
    await eventually("the job to go on", status, (now) => now === 2, END_SECONDS);
    expect((await tail(OWNER)).text).toMatch(LAST_WORDS);
  });

  test("travels nowhere when the guest powers itself off: the job completes and leaves nothing behind", async () => {
    await world.stack.refresh();
    machine = await world.machine("console");
    await guestAnswer(machine.ipAddress, "/cgi-bin/poweroff").catch(() => "");
    await eventually("the job to be completed", status, (now) => now === 4, END_SECONDS);
    const { ExitCode, HoldReason, TransferOutput } = (await job()) ?? {};
    expect({ ExitCode, HoldReason, TransferOutput }).toEqual({ ExitCode: 0 });
    expect(await queue()).toEqual([]);
    await eventually("its scratch directory to be gone", scratch, (folders) => folders.trim() === "", END_SECONDS);
  });
});
