import { describe, expect, test } from "vitest";
import { encodeText } from "../../../contract/classad.ts";
import { InvalidInputError } from "../../../provider/errors.ts";
import { CommandFailedError, JobNotFoundError } from "../../../provider/htcondor/errors.ts";
import { AlreadyExistsError } from "../../../provider/instance/errors.ts";
import { createInstance, readInstance } from "../../../provider/instance/lifecycle.ts";
import { differences } from "../../../provider/instance/takeover.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { DIGEST, sampleJob } from "../htcondor/samples.ts";
import { INPUTS as inputs } from "./samples.ts";

const MAC = "02:00:5e:00:53:01";
const operation = () => new Operation({ timeoutSeconds: 20 });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it succeeded"),
    (error) => error,
  );

/** A pool with one machine of another resource, and a MAC address of its own. */
async function somebodys(change: Record<string, unknown> = {}) {
  const condor = new FakeCondor();
  const resourceUrn = inputs.resourceUrn.replace("::web", "::theirs");
  const { id } = await createInstance({ ...inputs, resourceUrn, macAddress: MAC }, condor.context(), operation());
  Object.assign(condor.jobs[0] ?? {}, change);
  return { condor, id, context: condor.context(), key: condor.jobs[0]?.CloudKey };
}

function submissions({ log }: FakeCondor): number {
  return log.filter((command) => command === "condor_submit").length;
}

describe("a create that is to adopt", () => {
  test("takes that machine instead of making one: its MAC address stays, what changes in place becomes what is declared", async () => {
    const { condor, id, context, key } = await somebodys();
    const wanted = { ...inputs, adopt: id, labels: { a: "b" }, gracefulStop: true, lease: "1h" };
    const { id: taken, outputs } = await createInstance(wanted, context, operation());
    expect(taken).toBe(id);
    expect(outputs).toMatchObject({ macAddress: MAC, labels: { a: "b" }, ready: true });
    const now = { CloudLabels: encodeText('{"a":"b"}'), WantGracefulRemoval: true, CloudLeaseSeconds: 3600 };
    expect(condor.jobs).toMatchObject([{ ...now, CloudAcknowledged: true }]);
    expect(condor.jobs[0]?.CloudKey).not.toBe(key);
    expect(submissions(condor)).toBe(1);
  });

  test("goes on with it after a crash at any point", async () => {
    for (const CloudAcknowledged of [true, false]) {
      const { condor, id, context } = await somebodys({ CloudAcknowledged });
      let edits = 0;
      condor.after = (command) => {
        if (command === "condor_qedit" && ++edits === 1) throw new Error("the provider died");
      };
      await expect(createInstance({ ...inputs, adopt: id }, context, operation())).rejects.toThrow("died");
      expect(condor.jobs).toMatchObject([{ CloudAcknowledged }]);
      expect((await createInstance({ ...inputs, adopt: id }, context, operation())).id).toBe(id);
      expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
    }
  });

  test("gives one that nobody acknowledged a deadline of its own, and leaves the others' alone", async () => {
    for (const CloudAcknowledged of [true, false]) {
      const { condor, id, context } = await somebodys({ CloudAcknowledged, CloudDeadline: 7 });
      await createInstance({ ...inputs, adopt: id }, context, operation());
      expect(condor.jobs[0]?.CloudDeadline === 7).toBe(CloudAcknowledged);
    }
  });

  test("clears away what a dead create of this resource left, and never the one that it takes", async () => {
    const { condor, id, context, key } = await somebodys();
    await createInstance(inputs, context, operation());
    const [theirs, left] = condor.jobs;
    Object.assign(left ?? {}, { CloudAcknowledged: false });
    await createInstance({ ...inputs, adopt: id }, context, operation());
    expect(condor.jobs).toEqual([theirs]);

    // The same where the run died after it had taken the machine, which nobody had acknowledged.
    await createInstance({ ...inputs, name: "later", resourceUrn: `${inputs.resourceUrn}2` }, context, operation());
    const ours = condor.jobs[0]?.CloudKey;
    for (const job of condor.jobs) Object.assign(job, { CloudAcknowledged: false, CloudKey: ours });
    expect(ours).not.toBe(key);
    await createInstance({ ...inputs, adopt: id }, context, operation());
    expect(condor.jobs).toEqual([theirs]);
  });

  test("touches nothing that is not what is declared, and names each difference", async () => {
    const { condor, id, context } = await somebodys();
    const before = structuredClone(condor.jobs);
    const wanted = { ...inputs, adopt: id, name: "other", profile: { ...inputs.profile, memoryMiB: 256 } };
    const failed = await failureOf(createInstance(wanted, context, operation()));
    expect(failed).toBeInstanceOf(InvalidInputError);
    expect(failed.why).toBe(
      'name: the machine has "web", declared is "other"\n  profile.memoryMiB: the machine has 512, declared is 256',
    );
    expect(condor.jobs).toEqual(before);
  });

  test("says so where the machine is gone, on its way out, no machine, or not ours to change", async () => {
    const { condor, id, context } = await somebodys({ JobStatus: 3 });
    const adopt = () => failureOf(createInstance({ ...inputs, adopt: id }, context, operation()));
    expect(await adopt()).toBeInstanceOf(JobNotFoundError);
    Object.assign(condor.jobs[0] ?? {}, { JobStatus: 2, CloudLabels: "no base64!" });
    expect((await adopt()).what).toMatch(/cannot be read as a machine/);
    Object.assign(condor.jobs[0] ?? {}, { CloudLabels: encodeText("{}") });
    condor.refused.add(id);
    const refused = await adopt();
    expect(refused).toBeInstanceOf(CommandFailedError);
    expect(refused.why).toContain("Transaction failed.");
    condor.jobs.length = 0;
    expect((await adopt()).remedy).toMatch(/Without the argument `adopt`/);
    expect(submissions(condor)).toBe(1);
  });

  test("makes a new machine where the adopted one was its own and has ended: a replacement", async () => {
    const { condor, id, context } = await somebodys();
    await createInstance({ ...inputs, adopt: id }, context, operation());
    condor.past.push(...condor.jobs.splice(0));
    const { id: successor } = await createInstance({ ...inputs, adopt: id }, context, operation());
    expect(successor).not.toBe(id);
    // A run that died while it made that successor goes on with it.
    Object.assign(condor.jobs[0] ?? {}, { CloudAcknowledged: false });
    expect((await createInstance({ ...inputs, adopt: id }, context, operation())).id).toBe(successor);
    expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
  });
});

describe("a create that finds a machine of its key which no state knows", () => {
  async function stateLost(adoptExisting: boolean) {
    const condor = new FakeCondor();
    const { id } = await createInstance(inputs, condor.context(), operation());
    const context = condor.context();
    return { condor, id, context: { ...context, settings: { ...context.settings, adoptExisting } } };
  }

  test("refuses, and names it, its owner and every way on", async () => {
    const { id, context } = await stateLost(false);
    const failed = await failureOf(createInstance(inputs, context, operation()));
    expect(failed).toBeInstanceOf(AlreadyExistsError);
    const { message } = failed;
    for (const words of [`adopt: "${id}"`, "by alice", "condor:adoptExisting true", "condor_rm"]) {
      expect(message).toContain(words);
    }
  });

  test("takes it where the configuration says so, if it is what is declared", async () => {
    const { condor, id, context } = await stateLost(true);
    expect((await createInstance({ ...inputs, labels: { a: "b" } }, context, operation())).id).toBe(id);
    const larger = { ...inputs, profile: { ...inputs.profile, vcpus: 2 } };
    const failed = await failureOf(createInstance(larger, context, operation()));
    expect(failed.why).toBe("profile.vcpus: the machine has 1, declared is 2");
    Object.assign(condor.jobs[0] ?? {}, { CloudLabels: "no base64!" });
    expect(await failureOf(createInstance(inputs, context, operation()))).toBeInstanceOf(AlreadyExistsError);
    expect(condor.jobs).toHaveLength(1);
  });
});

test("every part that no update changes is compared, the MAC address only where it was given", () => {
  const { spec } = sampleJob();
  const other = { ...spec, image: `x@sha256:${DIGEST}`, network: "lan", watchdog: "reset" as const, macAddress: MAC };
  const named = (macIsGiven: boolean) => differences(other, spec, macIsGiven).map((line) => line.split(":")[0]);
  expect(named(true)).toEqual(["image", "network", "watchdog", "macAddress"]);
  expect(named(false)).toEqual(["image", "network", "watchdog"]);
  const disk = { ...spec, size: { ...spec.size, diskGiB: 8 }, labels: { a: "b" }, gracefulStop: true };
  expect(differences(disk, spec, true)).toEqual(["profile.diskGiB: the machine has none, declared is 8"]);
});

describe("a read of a machine that no state has", () => {
  test("answers every output from its job", async () => {
    const { id, context } = await somebodys();
    const found = await readInstance(id, {}, context, operation());
    const { profile, image, name } = inputs;
    expect(found?.outputs).toMatchObject({ name, image, profile, macAddress: MAC, labels: {}, gracefulStop: false });
    expect(found?.outputs).toMatchObject({ state: "running", ipAddress: "10.0.0.7", ready: true, leaseEndsAt: "" });
  });

  test.each(["ap.example#99.0#1", "nonsense", "", '" || true || "'])("says that there is none: %j", async (id) => {
    const { context } = await somebodys();
    const failed = await failureOf(readInstance(id, {}, context, operation()));
    expect(failed).toBeInstanceOf(JobNotFoundError);
    expect(failed.what).toBe(`There is no machine ${JSON.stringify(id)}.`);
  });
});
