import { describe, expect, test } from "vitest";
import { createInstance, readInstance, updateInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { INPUTS } from "./samples.ts";

const wait = (timeoutSeconds = 1) => new Operation({ timeoutSeconds });

function failureOf(promise: Promise<unknown>) {
  return promise.then(
    () => expect.fail("it succeeded"),
    (error) => error,
  );
}

/** A machine that runs and has said something on its console. */
function pool(change: Partial<Pick<FakeCondor, "ipAddress" | "guest" | "console" | "startedAt">> = {}): FakeCondor {
  return Object.assign(new FakeCondor(), { console: "boot\r\n\u001b[31mno lease\u001b[0m\r\n", ...change });
}

describe("a guest that gets no address", () => {
  const silent = { ipAddress: undefined };

  test("is told of with its interface, network, deadline and console, and stays recorded", async () => {
    const condor = pool(silent);
    const error = await failureOf(createInstance(INPUTS, condor.context(), wait()));
    expect(error).toMatchObject({ code: "timed-out", outputs: { state: "running", ready: false } });
    expect(error.message).toMatch(
      /^Timed out after 1 s while job \d+\.0 was running on exec1, waiting for an address\.\n {2}Until \d{4}-\S+Z its interface main \(02:\S+\) on the network default had no address: /,
    );
    expect(error.message).toContain("The end of its serial console:\n  | boot\n  | no lease\n");
    expect(error.remedy).toMatch(/^`pulumi up` goes on waiting .* `condor-cloud console log \d+\.0` shows/);
    expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
  });

  test("is told of without a console where there is none, with the reason in one line", async () => {
    const error = await failureOf(createInstance(INPUTS, pool({ ...silent, console: undefined }).context(), wait()));
    expect(error.message).toMatch(
      /\n {2}There is no console to show: The execute node offers no console of job \S+ File console\.log requested/,
    );
  });

  test("and wrote nothing is said to have written nothing", async () => {
    const error = await failureOf(createInstance(INPUTS, pool({ ...silent, console: "\r\n" }).context(), wait()));
    expect(error.message).toContain("Its serial console is empty");
  });
});

test.each([
  ["guest-agent", undefined, "no guest agent answered: the image needs qemu-guest-agent"],
  ["cloud-init", undefined, "nothing was heard of cloud-init: the image needs it"],
  ["cloud-init", { agent: true, cloudInit: "running" }, "cloud-init was still at work"],
] as const)("a wait for %s that hears %j says what is missing", async (waitFor, guest, words) => {
  const error = await failureOf(createInstance({ ...INPUTS, waitFor }, pool({ guest }).context(), wait()));
  expect(error).toMatchObject({ code: "timed-out" });
  expect(error.message).toContain(words);
});

describe("a guest whose cloud-init failed", () => {
  const inputs = { ...INPUTS, waitFor: "cloud-init" } as const;
  const guest = { agent: true, cloudInit: "failed" as const, errors: ["scripts_user:\u001b[2J failed\nat all"] };

  test("ends the wait at once, in cloud-init's words, and stays recorded", async () => {
    const condor = pool({ guest });
    const error = await failureOf(createInstance(inputs, condor.context(), wait(600)));
    expect(error).toMatchObject({ code: "guest-failed", outputs: { state: "running", ready: false } });
    expect(error.why).toMatch(/^cloud-init: scripts_user: failed at all\n {2}The end of its serial console:\n/);
    expect(error.remedy).toContain(`pulumi up --replace '${INPUTS.resourceUrn}'`);
    expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
  });

  test("ends the next wait at once too", async () => {
    const condor = pool({ guest });
    const { id, outputs } = await failureOf(createInstance(inputs, condor.context(), wait(600)));
    const error = await failureOf(updateInstance(id, outputs, inputs, condor.context(), wait(600)));
    expect(error).toMatchObject({ code: "guest-failed" });
  });

  test("is ready for whoever waits for its address alone", async () => {
    const { outputs } = await createInstance(INPUTS, pool({ guest }).context(), wait(600));
    expect(outputs).toMatchObject({ ready: true });
  });
});

describe.each([
  ["guest-agent", { agent: true }],
  ["cloud-init", { agent: true, cloudInit: "done" }],
] as const)("a machine that was waited for by %s", (waitFor, guest) => {
  async function made() {
    const condor = pool({ guest, startedAt: 1_795_562_980 });
    return { condor, ...(await createInstance({ ...INPUTS, waitFor }, condor.context(), wait(600))) };
  }

  test("stays ready while the same start of it runs, whatever its guest says now", async () => {
    const { condor, id, outputs } = await made();
    expect(outputs).toMatchObject({ ready: true });
    condor.guest = { agent: false };
    expect((await readInstance(id, outputs, condor.context(), wait()))?.outputs.ready).toBe(true);
    condor.guest = undefined;
    expect((await readInstance(id, outputs, condor.context(), wait()))?.outputs.ready).toBe(true);
  });

  test("is ready anew only when its guest says so after another start", async () => {
    const { condor, id, outputs } = await made();
    Object.assign(condor, { guest: undefined, startedAt: 1_795_563_980 });
    const read = (await readInstance(id, outputs, condor.context(), wait()))?.outputs ?? {};
    expect(read.ready).toBe(false);
    condor.guest = guest;
    expect((await readInstance(id, read, condor.context(), wait()))?.outputs.ready).toBe(true);
  });
});
