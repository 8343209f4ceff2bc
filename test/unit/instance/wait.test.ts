import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createInstance, readInstance, updateInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { INPUTS as inputs } from "./samples.ts";

/** A pool whose guests are this very host. */
function pool(jobStatus = 2): FakeCondor {
  const condor = new FakeCondor();
  condor.ipAddress = "127.0.0.1";
  condor.jobStatus = jobStatus;
  return condor;
}

/** An operation that collects what is said in it. */
function listening(timeoutSeconds = 20) {
  const warnings: string[] = [];
  const said: string[] = [];
  const operation = new Operation({
    timeoutSeconds,
    warn: (words) => warnings.push(words),
    progress: (words) => said.push(words),
  });
  return { operation, warnings, said };
}

function failureOf(promise: Promise<unknown>) {
  return promise.then(
    () => expect.fail("it succeeded"),
    (error) => error,
  );
}

/** Listens on a port of its own; answers its number and what closes it. */
async function openPort(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  return { port: typeof address === "object" && address !== null ? address.port : 0, close };
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const { port, close } = await openPort();
  await close();
  return port;
}

describe("a create", () => {
  test("that waits for the queue alone returns while the machine queues, acknowledged", async () => {
    const condor = pool(1);
    const { outputs } = await createInstance(
      { ...inputs, waitFor: "submitted" },
      condor.context(),
      listening().operation,
    );
    expect(outputs).toMatchObject({ state: "queued", ready: true });
    expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
  });

  test("that waits for a machine that runs asks for no address", async () => {
    const condor = pool();
    condor.ipAddress = undefined;
    const { outputs } = await createInstance(
      { ...inputs, waitFor: "running" },
      condor.context(),
      listening().operation,
    );
    expect(outputs).toMatchObject({ state: "running", ipAddress: "", ready: true });
  });

  test("that waits for a port returns when the guest accepts a connection", async () => {
    const { port } = await openPort();
    const wanted = { ...inputs, waitFor: { tcpPort: port } };
    const { outputs } = await createInstance(wanted, pool().context(), listening().operation);
    expect(outputs).toMatchObject({ ready: true });
  });

  test("names the port that does not answer, the last answer, and what the next `up` goes on waiting for", async () => {
    const port = await closedPort();
    const { operation, said } = listening(1);
    const wanted = { ...inputs, waitFor: { tcpPort: port } };
    const error = await failureOf(createInstance(wanted, pool().context(), operation));
    const doing = `running on exec1, waiting for TCP port ${port} of 127.0.0.1 (ECONNREFUSED)`;
    expect(said).toContain(doing);
    expect(error).toMatchObject({ code: "timed-out", outputs: { state: "running", ready: false } });
    expect(error.message).toContain(doing);
    expect(error.message).toContain(`goes on waiting until it answers at TCP port ${port}`);
  });

  test("notices a hold although it waits for a port", async () => {
    const condor = pool();
    const port = await closedPort();
    const { operation, said } = listening();
    condor.before = (command) => {
      if (command !== "condor_q" || !said.some((words) => words.includes("waiting for TCP port"))) return;
      Object.assign(condor.jobs[0] ?? {}, { JobStatus: 5, HoldReason: "by the user", HoldReasonCode: 1 });
    };
    const wanted = { ...inputs, waitFor: { tcpPort: port } };
    const error = await failureOf(createInstance(wanted, condor.context(), operation));
    expect(error).toMatchObject({ code: "held", why: "by the user" });
  });
});

describe("a machine that queues longer than it may", () => {
  const wanted = { ...inputs, maxQueueSeconds: 1 };

  async function leftQueueing() {
    const condor = pool(1);
    condor.analysis = (job) =>
      `The Requirements expression for job ${job.ClusterId}.000 is\n[3]  0  TARGET.Memory >= RequestMemory\n`;
    const { operation, warnings } = listening();
    const { id, outputs } = await createInstance(wanted, condor.context(), operation);
    return { condor, id, outputs, warnings };
  }

  test("is left to queue, acknowledged, with one warning that says why", async () => {
    const { condor, outputs, warnings } = await leftQueueing();
    expect(outputs).toMatchObject({ state: "queued", ready: false });
    expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
    expect(warnings).toEqual([
      [
        "web still queues after 1 s and was left to: it starts when a node takes it.",
        "exec1: nothing is known to be in the way",
        "HTCondor: no slot meets TARGET.Memory >= RequestMemory",
        "The next `pulumi up` goes on waiting for it.",
      ].join("\n  "),
    ]);
  });

  test("is waited for by the next update", async () => {
    const { condor, id, outputs } = await leftQueueing();
    Object.assign(condor.jobs[0] ?? {}, { JobStatus: 2, RemoteHost: "slot1_0@exec1" });
    expect(await updateInstance(id, outputs, wanted, condor.context(), listening().operation)).toMatchObject({
      state: "running",
      ready: true,
    });
  });

  test("may queue as long again in the next update", async () => {
    const { condor, id, outputs } = await leftQueueing();
    const { operation, warnings } = listening();
    expect(await updateInstance(id, outputs, wanted, condor.context(), operation)).toMatchObject({ ready: false });
    expect(warnings).toHaveLength(1);
  });
});

test("a machine that starts is waited for until the deadline, however short it may queue", async () => {
  const condor = pool();
  condor.after = () => Object.assign(condor.jobs[0] ?? {}, { RemoteHost: undefined });
  const { operation, warnings } = listening(2);
  const error = await failureOf(createInstance({ ...inputs, maxQueueSeconds: 1 }, condor.context(), operation));
  expect(error).toMatchObject({ code: "timed-out", outputs: { state: "starting", ready: false } });
  expect(warnings).toEqual([]);
});

describe("a read of a machine that was waited for by its port", () => {
  async function made() {
    const { port } = await openPort();
    const condor = pool();
    const wanted = { ...inputs, waitFor: { tcpPort: port } };
    return { condor, ...(await createInstance(wanted, condor.context(), listening().operation)) };
  }
  const readyOf = async (condor: FakeCondor, id: string, state: Record<string, unknown>) =>
    (await readInstance(id, state, condor.context(), listening().operation))?.outputs.ready;

  test("keeps what the wait found out, as long as the same start of the machine runs", async () => {
    const { condor, id, outputs } = await made();
    expect(await readyOf(condor, id, outputs)).toBe(true);
    expect(await readyOf(condor, id, { ...outputs, startedAt: "2026-11-25T00:00:00.000Z" })).toBe(false);
    expect(await readyOf(condor, id, { ...outputs, ready: false })).toBe(false);
  });

  test("says that it is not ready when it queues again, or lost its address", async () => {
    const { condor, id, outputs } = await made();
    condor.ipAddress = undefined;
    expect(await readyOf(condor, id, outputs)).toBe(false);
    Object.assign(condor.jobs[0] ?? {}, { JobStatus: 1, RemoteHost: undefined });
    expect(await readyOf(condor, id, outputs)).toBe(false);
  });

  test("keeps what is stored while somebody has put it to rest", async () => {
    const { condor, id, outputs } = await made();
    Object.assign(condor.jobs[0] ?? {}, { JobStatus: 7 });
    expect(await readyOf(condor, id, outputs)).toBe(true);
    expect(await readyOf(condor, id, { ...outputs, ready: false })).toBe(false);
  });
});
