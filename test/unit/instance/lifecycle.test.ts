import { describe, expect, test, vi } from "vitest";
import { encodeText } from "../../../contract/classad.ts";
import { CloudError } from "../../../provider/errors.ts";
import { AlreadyExistsError, InitializationError, OrphanedError } from "../../../provider/instance/errors.ts";
import { createInstance, readInstance, updateInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor, silence } from "../htcondor/fake-condor.ts";
import { INPUTS as inputs } from "./samples.ts";

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

  test("begins a whole lease at its last act, by the access point's clock, however long the schedd was silent", async () => {
    const condor = new FakeCondor();
    const hours = 4 * 3600;
    condor.after = (command) => {
      if (command === "condor_submit") Object.assign(condor.jobs[0] ?? {}, { ServerTime: 1_000_000 });
    };
    silentAtFirst(condor, "condor_qedit", 1);
    const told = condor.before;
    condor.before = (command) => {
      if (command === "condor_qedit") Object.assign(condor.jobs[0] ?? {}, { ServerTime: 1_000_500 });
      told(command);
    };
    const { outputs } = await createInstance({ ...inputs, lease: "4h" }, condor.context(), operation());
    expect(condor.jobs).toMatchObject([{ CloudLeaseSeconds: hours, CloudLeaseUntil: 1_000_500 + hours }]);
    expect(outputs).toMatchObject({ leaseEndsAt: new Date((1_000_500 + hours) * 1000).toISOString() });
  });

  test("adopts a machine with the labels and the way to stop of now", async () => {
    const condor = new FakeCondor();
    await createInstance(inputs, condor.context(), operation());
    Object.assign(condor.jobs[0] ?? {}, { CloudAcknowledged: false });
    await createInstance({ ...inputs, gracefulStop: true, labels: { a: "b" } }, condor.context(), operation());
    expect(condor.jobs).toMatchObject([{ WantGracefulRemoval: true, CloudLabels: encodeText('{"a":"b"}') }]);
  });

  test("asks for a node that its image's manifest suits, where the store has one", async () => {
    const condor = new FakeCondor();
    const manifest = { architecture: "i686", firmware: "bios", sizeBytes: 1024 ** 2 + 1, virtualSizeBytes: 1024 ** 4 };
    const store = Object.assign(Object.create(null), { find: async () => manifest });
    await createInstance(inputs, { ...condor.context(), store }, operation());
    const needs = { CloudArchitecture: "i686", CloudFirmware: "bios", CloudImageMiB: 2, CloudImageDiskMiB: 1024 ** 2 };
    expect(condor.jobs).toMatchObject([needs]);
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

describe("a machine that does not come", () => {
  /** A create of a machine whose job becomes as `change` says, on a pool whose node says `message` of it. */
  async function failing(change: Record<string, unknown>, message?: string, seconds = 3) {
    const condor = new FakeCondor();
    condor.jobStatus = 1;
    const said: string[] = [];
    const at = Math.floor(Date.now() / 1000);
    condor.after = (command) => {
      const job = condor.jobs[0];
      if (command !== "condor_submit" || job === undefined) return;
      Object.assign(job, change);
      if (message !== undefined) condor.failures.push({ globalJobId: job.GlobalJobId, at, message });
    };
    const timed = operation({ timeoutSeconds: seconds, progress: (words) => said.push(words) });
    const error = await failureOf(createInstance(inputs, condor.context(), timed));
    return { error, said, condor };
  }
  const ran = { JobCurrentStartDate: Math.floor(Date.now() / 1000) };

  test("and is held, is told of in the node's words and in HTCondor's", async () => {
    const { error } = await failing(
      { ...ran, JobStatus: 5, HoldReason: "VMGAHP_ERR_X", HoldReasonCode: 6 },
      "QEMU: no",
    );
    expect(error).toMatchObject({ code: "held", why: "exec1: QEMU: no; HTCondor: VMGAHP_ERR_X" });
  });

  test("and is held, is waited for until the node has found out why", async () => {
    const condor = new FakeCondor();
    condor.jobStatus = 5;
    condor.before = (command) => {
      const job = condor.jobs[0];
      if (command !== "condor_status" || job === undefined || condor.log.filter((run) => run === command).length < 2)
        return;
      condor.failures.push({ globalJobId: job.GlobalJobId, at: Math.floor(Date.now() / 1000), message: "QEMU: no" });
    };
    condor.after = () => Object.assign(condor.jobs[0] ?? {}, { ...ran, HoldReason: "VMGAHP_ERR_X", HoldReasonCode: 6 });
    const error = await failureOf(createInstance(inputs, condor.context(), operation()));
    expect(error).toMatchObject({ code: "held", why: "exec1: QEMU: no; HTCondor: VMGAHP_ERR_X" });
  });

  test("and is idle again, shows the node's refusal in its progress", async () => {
    const { error, said } = await failing(ran, "the cache is full", 1);
    expect(said).toContain("queued: waiting for a machine of the pool (exec1: the cache is full)");
    expect(error.message).toMatch(/Timed out after 1 s.*\(exec1: the cache is full\)/);
  });

  test("and never had a node, costs no question for failures, and is told what is in the way at the end", async () => {
    const { error, condor } = await failing({}, undefined, 1);
    expect(condor.log.filter((run) => run === "condor_status")).toHaveLength(1);
    expect(error).toMatchObject({ code: "timed-out", why: "exec1: nothing is known to be in the way" });
  });
});

describe("an update", () => {
  test("changes how a machine stops in place, and nothing where nothing changed", async () => {
    const condor = new FakeCondor();
    const { id, outputs } = await createInstance(inputs, condor.context(), operation());
    const news = { ...inputs, gracefulStop: true };
    expect(await updateInstance(id, outputs, news, condor.context(), operation())).toMatchObject({
      gracefulStop: true,
    });
    expect(condor.jobs).toMatchObject([{ WantGracefulRemoval: true }]);
    const edits = condor.log.filter((run) => run === "condor_qedit").length;
    await updateInstance(id, outputs, news, condor.context(), operation());
    expect(condor.log.filter((run) => run === "condor_qedit")).toHaveLength(edits);
  });

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
  test("shows as drift what somebody changed in the job, and the rest as it was declared", async () => {
    const condor = new FakeCondor();
    const { id, outputs } = await createInstance(inputs, condor.context(), operation());
    expect(await readInstance(id, outputs, condor.context(), operation())).toEqual({ id, outputs });
    Object.assign(condor.jobs[0] ?? {}, { WantGracefulRemoval: true, CloudLabels: encodeText('{"a":"b"}') });
    const found = await readInstance(id, outputs, condor.context(), operation());
    const drifted = { gracefulStop: true, labels: { a: "b" } };
    expect(found).toMatchObject({ outputs: drifted, inputs: { ...inputs, ...drifted } });
    expect(found?.inputs).not.toHaveProperty("macAddress");
  });

  test("of a state from before machines could stop gracefully is no drift", async () => {
    const condor = new FakeCondor();
    const { id, outputs } = await createInstance(inputs, condor.context(), operation());
    const { gracefulStop, ...recorded } = outputs;
    expect(await readInstance(id, recorded, condor.context(), operation())).toEqual({ id, outputs });
  });

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
