import { describe, expect, test, vi } from "vitest";
import { CloudError } from "../../../provider/errors.ts";
import { AlreadyExistsError, InitializationError, OrphanedError } from "../../../provider/instance/errors.ts";
import { createInstance, readInstance, updateInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor, silence } from "../htcondor/fake-condor.ts";
import { DIGEST } from "../htcondor/samples.ts";

const inputs = {
  resourceUrn: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Instance::web",
  name: "web",
  image: `debian@sha256:${DIGEST}`,
  profile: { name: "small", memoryMiB: 512, vcpus: 1 },
  labels: {},
  timeoutSeconds: 60,
  timeouts: {},
};
const operation = (options: ConstructorParameters<typeof Operation>[0] = {}) =>
  new Operation({ timeoutSeconds: 20, ...options });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it succeeded"),
    (error) => error,
  );

/** Is silent the first times that a command is run. */
function silentAtFirst(condor: FakeCondor, command: string, times: number): void {
  let left = times;
  condor.before = (run) => {
    if (run === command && left-- > 0) throw silence();
  };
}

describe("a create", () => {
  test("hands over a machine that runs and has its address", async () => {
    const condor = new FakeCondor();
    const { id, outputs } = await createInstance(inputs, condor.context(), operation());
    expect(condor.jobs).toMatchObject([{ GlobalJobId: id, CloudAcknowledged: true }]);
    expect(outputs).toMatchObject({ state: "running", ipAddress: "10.0.0.7" });
  });

  test("that is an orphan submits nothing", async () => {
    const condor = new FakeCondor();
    const orphan = operation({ stillWanted: async () => false });
    expect(await failureOf(createInstance(inputs, condor.context(), orphan))).toBeInstanceOf(OrphanedError);
    expect(condor.log).not.toContain("condor_submit");
  });

  test("that is an orphan neither adopts nor clears what another left", async () => {
    const condor = new FakeCondor();
    await createInstance(inputs, condor.context(), operation());
    for (const change of [{}, { CloudSpec: "0".repeat(64) }]) {
      Object.assign(condor.jobs[0] ?? {}, { CloudAcknowledged: false, ...change });
      const before = structuredClone(condor.jobs);
      const orphan = operation({ stillWanted: async () => false });
      expect(await failureOf(createInstance(inputs, condor.context(), orphan))).toBeInstanceOf(OrphanedError);
      expect(condor.jobs).toEqual(before);
    }
  });

  test.each(["condor_q", "condor_submit", "condor_status", "condor_qedit"])(
    "outlives a pool that is silent for a moment at %s, and makes one machine",
    async (command) => {
      const condor = new FakeCondor();
      silentAtFirst(condor, command, 1);
      await createInstance(inputs, condor.context(), operation());
      expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
    },
  );

  test("adopts what it submitted itself when the answer was lost", async () => {
    const condor = new FakeCondor();
    condor.after = (command) => {
      if (command === "condor_submit") throw silence();
    };
    await createInstance(inputs, condor.context(), operation());
    expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
  });

  test("that ran out of time, or was interrupted, hands over once the pool is back", async () => {
    const condor = new FakeCondor();
    condor.jobStatus = 1;
    silentAtFirst(condor, "condor_qedit", 2);
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 300);
    const failed = await failureOf(
      createInstance(inputs, condor.context(), operation({ signal: interruption.signal })),
    );
    expect(failed).toBeInstanceOf(InitializationError);
    expect(failed).toMatchObject({ code: "interrupted", outputs: { state: "queued" } });
    expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
  });

  test("neither doubles a machine whose attributes break the contract, nor takes it", async () => {
    const condor = new FakeCondor();
    await createInstance(inputs, condor.context(), operation());
    Object.assign(condor.jobs[0] ?? {}, { CloudLabels: "no base64!", CloudAcknowledged: false });
    const failed = await failureOf(createInstance(inputs, condor.context(), operation()));
    expect(failed).toBeInstanceOf(AlreadyExistsError);
    expect(failed.message).toMatch(/cannot be read as a machine: job \d+\.0/);
    expect(condor.jobs).toHaveLength(1);
  });
});

describe("an update", () => {
  test("acknowledges before it waits, for the state owns the machine already", async () => {
    const condor = new FakeCondor();
    condor.jobStatus = 1;
    const context = condor.context();
    const created = await failureOf(createInstance(inputs, context, operation({ timeoutSeconds: 0.3 })));
    Object.assign(condor.jobs[0] ?? {}, { CloudAcknowledged: false });
    const waiting = updateInstance(created.id, created.outputs, inputs, context, operation());
    await vi.waitFor(() => expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]), 3000);
    Object.assign(condor.jobs[0] ?? {}, { JobStatus: 2, RemoteHost: "slot1_0@exec1" });
    expect(await waiting).toMatchObject({ state: "running" });
  });

  test("does not wait for a machine that somebody suspended", async () => {
    const condor = new FakeCondor();
    const { id, outputs } = await createInstance(inputs, condor.context(), operation());
    Object.assign(condor.jobs[0] ?? {}, { JobStatus: 7 });
    const news = { ...inputs, labels: { a: "b" } };
    expect(await updateInstance(id, outputs, news, condor.context(), operation())).toMatchObject({
      state: "suspended",
      labels: { a: "b" },
    });
  });
});

describe("a read", () => {
  test("says that nobody acknowledged the machine, until somebody did", async () => {
    const condor = new FakeCondor();
    const { id, outputs } = await createInstance(inputs, condor.context(), operation());
    Object.assign(condor.jobs[0] ?? {}, { CloudAcknowledged: false });
    const found = await readInstance(id, outputs, condor.context(), operation());
    expect(found?.outputs).toMatchObject({ acknowledged: false });
    Object.assign(condor.jobs[0] ?? {}, { CloudAcknowledged: true });
    const again = await readInstance(id, found?.outputs ?? {}, condor.context(), operation());
    expect(again?.outputs.acknowledged).toBeUndefined();
  });

  test("bears with a schedd that restarts, and is interrupted by Ctrl-C", async () => {
    const condor = new FakeCondor();
    const { id, outputs } = await createInstance(inputs, condor.context(), operation());
    silentAtFirst(condor, "condor_q", 1);
    expect(await readInstance(id, outputs, condor.context(), operation())).toMatchObject({ id });
    condor.before = () => {
      throw silence();
    };
    const interruption = AbortSignal.timeout(100);
    const failed = await failureOf(readInstance(id, outputs, condor.context(), operation({ signal: interruption })));
    expect(failed).toBeInstanceOf(CloudError);
    expect(failed).toMatchObject({ code: "interrupted" });
  });
});
