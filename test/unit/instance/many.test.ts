import { describe, expect, test } from "vitest";
import { createInstance, deleteInstance, readInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { INPUTS } from "./samples.ts";

const operation = () => new Operation({ timeoutSeconds: 60 });

/** As many steps at a time as Pulumi takes by default on a machine with two cores. */
const PARALLEL = 8;

/** Does one thing for each, so many at a time. */
async function inTurns<Item, Answer>(items: readonly Item[], step: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) answers[index] = await step(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return answers;
}

/** A pool in which a stack's machines queue. */
async function withMachines(count: number, condor = new FakeCondor()) {
  condor.jobStatus = 1;
  const context = condor.context();
  const machines = await Promise.all(
    Array.from({ length: count }, (_, number) => {
      const name = `m${number}`;
      const resourceUrn = INPUTS.resourceUrn.replace("::web", `::${name}`);
      return createInstance({ ...INPUTS, name, resourceUrn, waitFor: "submitted" }, context, operation());
    }),
  );
  condor.log.length = 0;
  return { condor, context, machines };
}

const countOf = (condor: FakeCondor, command: string) => condor.log.filter((run) => run === command).length;

describe("the reads of a refresh", () => {
  test("ask the pool once, however few come at a time", { timeout: 60_000 }, async () => {
    const { condor, context, machines } = await withMachines(300);
    const fresh = condor.context();
    const read = await inTurns(machines, ({ id, outputs }) => readInstance(id, outputs, fresh, operation()));
    expect(read.map((each) => each?.outputs.state)).toEqual(machines.map(() => "queued"));
    expect(condor.log).toEqual(["condor_q"]);
    expect(context.pool).not.toBe(fresh.pool);
  });

  test("ask for the nodes' reports and failures once as well", async () => {
    const { condor, machines } = await withMachines(40);
    for (const [index, job] of condor.jobs.entries()) {
      const started = index % 2 === 0 ? { JobStatus: 2, RemoteHost: `slot1_${index}@exec1` } : {};
      Object.assign(job, { JobLastStartDate: 1_795_562_980, JobCurrentStartDate: 1_795_562_980, ...started });
    }
    const last = machines[1];
    condor.failures.push({ globalJobId: last?.id ?? "", at: 1_795_562_990, message: "no room" });
    const context = condor.context();
    const read = await inTurns(machines, ({ id, outputs }) => readInstance(id, outputs, context, operation()));
    expect(read[0]?.outputs).toMatchObject({ state: "running", ipAddress: "10.0.0.7" });
    expect(read[1]?.outputs).toMatchObject({ state: "queued" });
    expect(read[1]?.outputs.message).toContain("no room");
    expect(condor.log).toEqual(["condor_q", "condor_status", "condor_status"]);
  });

  test("look for each by itself that the stack's look does not show, before it is said to be gone", async () => {
    const { condor, machines } = await withMachines(20);
    const [gone, adopted, ...others] = machines;
    condor.jobs.splice(0, 1);
    // The key of another stack: it was adopted from there.
    Object.assign(condor.jobs[0] ?? {}, { CloudKey: Buffer.from("other/dev/t/m1").toString("base64") });
    const context = condor.context();
    const read = async (machine = adopted) =>
      machine && (await readInstance(machine.id, machine.outputs, context, operation()))?.id;
    expect(await read(gone)).toBeUndefined();
    expect(countOf(condor, "condor_history")).toBe(1);
    expect(await read(adopted)).toBe(adopted?.id);
    expect(await inTurns(others, read)).toEqual(others.map(({ id }) => id));
  });

  test("see what this process itself has changed meanwhile", async () => {
    const { condor, machines } = await withMachines(3);
    const context = condor.context();
    const [first, second] = machines;
    const read = (machine = first) => machine && readInstance(machine.id, machine.outputs, context, operation());
    expect(await read(second)).toBeDefined();
    await context.pool.edit(first?.id ?? "", { CloudLabels: Buffer.from('{"a":"b"}').toString("base64") });
    expect((await read(first))?.outputs.labels).toEqual({ a: "b" });
    await context.pool.remove(second?.id ?? "");
    expect(await read(second)).toBeUndefined();
  });

  test("of many that are gone, ask the history together", async () => {
    const { condor, machines } = await withMachines(30);
    condor.past.push(...condor.jobs.splice(0));
    const context = condor.context();
    const read = await Promise.all(machines.map(({ id, outputs }) => readInstance(id, outputs, context, operation())));
    expect(read.every((each) => each === undefined)).toBe(true);
    expect(countOf(condor, "condor_history")).toBeLessThan(5);
  });
});

describe("destroys", () => {
  test("of queued machines share their commands and wait for nothing", { timeout: 60_000 }, async () => {
    const { condor, machines } = await withMachines(200);
    const context = condor.context();
    await Promise.all(machines.map(({ id, outputs }) => deleteInstance(id, outputs, context, operation())));
    expect(condor.jobs).toEqual([]);
    expect(countOf(condor, "condor_rm")).toBeLessThan(10);
    expect(condor.log.length).toBeLessThan(40);
  });

  test("that come a few at a time share them by those few", { timeout: 60_000 }, async () => {
    const { condor, machines } = await withMachines(64);
    const context = condor.context();
    await inTurns(machines, ({ id, outputs }) => deleteInstance(id, outputs, context, operation()));
    expect(condor.jobs).toEqual([]);
    expect(countOf(condor, "condor_rm")).toBeLessThan(32);
  });
});
