import { describe, expect, test } from "vitest";
import { encodeText } from "../../../contract/classad.ts";
import { AddressesExhaustedError, MacInUseError, UnguardedError } from "../../../provider/address/errors.ts";
import type { Context } from "../../../provider/context.ts";
import { PermissionError } from "../../../provider/htcondor/errors.ts";
import { checkInstanceInPool } from "../../../provider/instance/fit.ts";
import { createInstance } from "../../../provider/instance/lifecycle.ts";
import { Operation } from "../../../provider/operation.ts";
import { readSettings } from "../../../provider/settings.ts";
import { configuredPool, ipOf, macOf } from "../address/samples.ts";
import { FakeCondor } from "../htcondor/fake-condor.ts";
import { INPUTS } from "./samples.ts";

const operation = (options: ConstructorParameters<typeof Operation>[0] = {}) =>
  new Operation({ timeoutSeconds: 20, ...options });
const auto = { ...INPUTS, address: "auto" };
const named = (name: string) => ({ ...auto, name, resourceUrn: INPUTS.resourceUrn.replace("::web", `::${name}`) });

/** A process's context, with a pool of so many addresses. */
function contextOf(condor: FakeCondor, count: number, change: Record<string, unknown> = {}): Context {
  return { ...condor.context(), settings: readSettings({ addresses: configuredPool(count), ...change }, {}) };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it succeeded"),
    (error) => error,
  );

/** A job of somebody else's that holds the pair with this number. */
function stranger(number: number, change: Record<string, unknown> = {}) {
  return {
    ...{ ClusterId: 7, ProcId: 0, GlobalJobId: `ap.example#7.${number}#1`, Owner: "bob", QDate: 1, JobStatus: 2 },
    ...{ RemoteHost: "slot1_9@exec1", JobVM_MACADDR: macOf(number), CloudName: "theirs", ...change },
  };
}

describe("a create of a machine with a fixed address", () => {
  test("submits it with a pair of the pool, and with HTCondor's limit", async () => {
    const condor = new FakeCondor();
    const { outputs } = await createInstance({ ...INPUTS, address: ipOf(2) }, contextOf(condor, 3), operation());
    expect(condor.jobs).toMatchObject([{ CloudAddress: ipOf(2), JobVM_MACADDR: macOf(2), CloudExclusive: true }]);
    expect(outputs).toMatchObject({ macAddress: macOf(2), address: ipOf(2) });
  });

  test("never shares one with another of the same run, and asks once for all", async () => {
    const condor = new FakeCondor();
    const context = contextOf(condor, 4);
    const names = ["a", "b", "c", "d"];
    await Promise.all(names.map((name) => createInstance(named(name), context, operation())));
    expect(new Set(condor.jobs.map(({ CloudAddress }) => CloudAddress)).size).toBe(4);
    expect(condor.log.filter((run) => run === "condor_config_val")).toHaveLength(1);
    expect(condor.log.filter((run) => run === "condor_submit")).toHaveLength(1);
    expect(condor.log.filter((run) => run === "condor_history")).toHaveLength(1);
    const failure = await failureOf(createInstance(named("e"), context, operation()));
    expect(failure).toBeInstanceOf(AddressesExhaustedError);
    expect(condor.jobs).toHaveLength(4);
  });

  test("of one too many fails, also while none of the others is in the queue yet", async () => {
    const condor = new FakeCondor();
    const context = contextOf(condor, 1);
    const results = await Promise.allSettled(
      ["a", "b"].map((name) => createInstance(named(name), context, operation())),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(condor.jobs).toHaveLength(1);
  });

  test("gives back what it took when it fails", async () => {
    const condor = new FakeCondor();
    const context = contextOf(condor, 1);
    condor.refused.add("a");
    await failureOf(createInstance(named("a"), context, operation()));
    await createInstance(named("b"), context, operation());
    expect(condor.jobs).toMatchObject([{ CloudName: "b", CloudAddress: ipOf(1) }]);
  });

  test("takes another pair where another's job was quicker, and leaves none of its own behind", async () => {
    const condor = new FakeCondor();
    condor.jobStatus = 1;
    let taken: unknown;
    condor.after = (command) => {
      if (command !== "condor_submit") return;
      if (taken === undefined) {
        taken = condor.jobs[0]?.CloudAddress;
        condor.jobs.push(stranger(taken === ipOf(1) ? 1 : 2));
      } else Object.assign(condor.jobs.at(-1) ?? {}, { JobStatus: 2, RemoteHost: "slot1_0@exec1" });
    };
    const said: string[] = [];
    const { outputs } = await createInstance(
      auto,
      contextOf(condor, 2),
      operation({ progress: (words) => said.push(words) }),
    );
    expect(outputs.macAddress).toBe(taken === ipOf(1) ? macOf(2) : macOf(1));
    expect(condor.jobs.filter(({ Owner }) => Owner === "alice")).toHaveLength(1);
    expect(said).toContain(`${taken} went to job 7.0 (theirs) of bob on exec1; taking another address`);
  });

  test("of a given one that another holds stays, and says who holds it", async () => {
    const condor = new FakeCondor();
    condor.jobStatus = 1;
    condor.jobs.push(stranger(1));
    const said: string[] = [];
    const wanted = { ...INPUTS, address: ipOf(1) };
    const within = operation({ timeoutSeconds: 1, progress: (words) => said.push(words) });
    const failure = await failureOf(createInstance(wanted, contextOf(condor, 2), within));
    expect(failure).toMatchObject({ code: "timed-out", id: expect.stringContaining("ap.example#") });
    const words = `${ipOf(1)} is held by job 7.0 (theirs) of bob on exec1`;
    expect(failure.message).toContain(words);
    expect(said.join("\n")).toContain(`queued: waiting for a machine of the pool (${words})`);
    expect(condor.jobs).toHaveLength(2);
  });

  test("goes on with its own job after a crash, with its pair, also where its hash means another", async () => {
    for (const number of [1, 2, 3, 4, 5]) {
      const condor = new FakeCondor();
      const others = [1, 2, 3, 4, 5].filter((other) => other !== number);
      condor.jobs.push(...others.map((other) => stranger(other)));
      await createInstance(auto, contextOf(condor, 5), operation());
      const mine = condor.jobs.at(-1);
      Object.assign(mine ?? {}, { CloudAcknowledged: false });
      condor.jobs.splice(0, others.length);
      const { id, outputs } = await createInstance(auto, contextOf(condor, 5), operation());
      expect({ id, mac: outputs.macAddress }).toEqual({ id: mine?.GlobalJobId, mac: macOf(number) });
    }
  });

  test("takes the pair that its predecessor had, as the history says", async () => {
    for (const number of [1, 2, 3]) {
      const condor = new FakeCondor();
      await createInstance({ ...INPUTS, address: ipOf(number) }, contextOf(condor, 3), operation());
      condor.past.push(...condor.jobs.splice(0));
      const { outputs } = await createInstance(auto, contextOf(condor, 3), operation());
      expect(outputs.macAddress).toBe(macOf(number));
    }
  });

  test("that adopts a machine leaves it the pair that it has", async () => {
    for (const number of [1, 2, 3]) {
      const condor = new FakeCondor();
      const { id } = await createInstance(
        { ...named("old"), address: ipOf(number) },
        contextOf(condor, 3),
        operation(),
      );
      Object.assign(condor.jobs[0] ?? {}, { CloudName: "web" });
      const { outputs } = await createInstance({ ...auto, adopt: id }, contextOf(condor, 3), operation());
      expect(outputs).toMatchObject({ macAddress: macOf(number), ready: true });
      expect(condor.jobs).toMatchObject([
        { CloudKey: encodeText("shop/dev/pulumi-nodejs:dynamic/condor:Instance/web") },
      ]);
    }
  });
});

describe("a manager that does not keep MAC addresses apart", () => {
  test.each(["Not defined", "", "2"])("is refused before anything is submitted: %j", async (limit) => {
    const condor = new FakeCondor();
    condor.limit = limit;
    const failure = await failureOf(createInstance(auto, contextOf(condor, 2), operation()));
    expect(failure).toBeInstanceOf(UnguardedError);
    expect(failure.message).toContain("CONCURRENCY_LIMIT_DEFAULT_cloudmac = 1");
    expect(failure.message).toContain("condor-cloud manager install");
    expect(condor.log).not.toContain("condor_submit");
  });

  test("does not matter to machines that give neither address nor MAC address", async () => {
    const condor = new FakeCondor();
    condor.limit = "Not defined";
    await createInstance(INPUTS, contextOf(condor, 2), operation());
    expect(condor.log).not.toContain("condor_config_val");
  });

  test("that may not be asked is one warning", async () => {
    const condor = new FakeCondor();
    condor.before = (command) => {
      if (command === "condor_config_val") throw new PermissionError(command, { what: "no" });
    };
    const warned: string[] = [];
    const context = contextOf(condor, 2);
    for (const name of ["a", "b"]) {
      await createInstance(named(name), context, operation({ warn: (words) => warned.push(words) }));
    }
    expect(warned).toEqual([expect.stringContaining("could not be asked")]);
  });
});

describe("a MAC address that a program gives", () => {
  const given = { ...INPUTS, macAddress: macOf(1) };

  test.each([1, 2, 3, 5])("and that a live job has is refused, with its owner: JobStatus %d", async (JobStatus) => {
    const condor = new FakeCondor();
    condor.jobs.push(stranger(1, { JobStatus }));
    const failure = await failureOf(createInstance(given, contextOf(condor, 0), operation()));
    expect(failure).toBeInstanceOf(MacInUseError);
    expect(failure.message).toMatch(/macAddress 00:1a:4a:22:20:01 is held by job 7\.0 \(theirs\) of bob on exec1/);
    expect(condor.log).not.toContain("condor_submit");
  });

  test("is seen in a job that somebody wrote by hand, in any case of letters, and among further interfaces", async () => {
    for (const change of [{ JobVM_MACADDR: macOf(1).toUpperCase() }, { CloudMacs: `${macOf(9)}/${macOf(1)}` }]) {
      const condor = new FakeCondor();
      condor.jobs.push(stranger(9, change));
      expect(await failureOf(createInstance(given, contextOf(condor, 0), operation()))).toBeInstanceOf(MacInUseError);
    }
  });

  test("is no hindrance where its own predecessor has it, or a job has ended", async () => {
    const condor = new FakeCondor();
    await createInstance(given, contextOf(condor, 0), operation());
    Object.assign(condor.jobs[0] ?? {}, { CloudAcknowledged: false });
    condor.jobs.push(stranger(1, { JobStatus: 4 }));
    await createInstance(given, contextOf(condor, 0), operation());
    expect(condor.jobs).toHaveLength(2);
  });
});

describe("a MAC address that is derived", () => {
  test("and that another account's stack of the same name has is refused, and its own predecessor's is not", async () => {
    const condor = new FakeCondor();
    await createInstance(INPUTS, contextOf(condor, 0), operation());
    const [job] = condor.jobs;
    const theirs = { ...stranger(1), JobVM_MACADDR: job?.JobVM_MACADDR, GlobalJobId: "ap.example#8.0#1" };
    condor.jobs.splice(0, 1, theirs);
    const failure = await failureOf(createInstance(INPUTS, contextOf(condor, 0), operation()));
    expect(failure).toBeInstanceOf(MacInUseError);
    expect(failure.message).toContain("derived from the resource's URN, is held by job 7.0 (theirs) of bob");
    Object.assign(job ?? {}, { CloudAcknowledged: false });
    condor.jobs.splice(0, 1, ...(job === undefined ? [] : [job]));
    await createInstance(INPUTS, contextOf(condor, 0), operation());
    expect(condor.jobs).toMatchObject([{ CloudAcknowledged: true }]);
  });

  test("is free where its own predecessor leaves the queue between two questions", async () => {
    const condor = new FakeCondor();
    await createInstance(INPUTS, contextOf(condor, 0), operation());
    const [predecessor] = condor.jobs;
    Object.assign(predecessor ?? {}, { JobStatus: 3 });
    condor.after = (command) => {
      if (command === "condor_q" && condor.jobs[0] === predecessor) condor.jobs.shift();
    };
    const { id } = await createInstance(INPUTS, contextOf(condor, 0), operation());
    expect(condor.jobs).toMatchObject([{ GlobalJobId: id, CloudAcknowledged: true }]);
  });
});

describe("a preview of machines with fixed addresses", () => {
  async function preview(condor: FakeCondor, programs: Record<string, unknown>[], count = 1) {
    const warned: string[] = [];
    const context = contextOf(condor, count);
    const results = [];
    for (const inputs of programs) {
      const within = operation({ warn: (words) => warned.push(words) });
      results.push(await checkInstanceInPool({ ...inputs, profile: "small" }, new Set(["image"]), context, {}, within));
    }
    // What it says of the room on nodes is not what these tests are about.
    const aboutAddresses = warned.filter((words) => !words.startsWith("A machine of"));
    return { warned: aboutAddresses, failures: results.flatMap(({ failures }) => failures) };
  }

  test("warns where one too many wants one, and of who holds what a program names", async () => {
    const { warned, failures } = await preview(new FakeCondor(), [named("a"), named("b")]);
    expect(failures).toEqual([]);
    expect(warned).toEqual([expect.stringContaining("192.168.1.1: another machine of this program")]);
    const condor = new FakeCondor();
    condor.jobs.push(stranger(1));
    const asked = await preview(condor, [
      { ...named("a"), address: ipOf(1) },
      { ...INPUTS, macAddress: macOf(1) },
    ]);
    expect(asked.failures).toEqual([]);
    expect(asked.warned).toEqual([
      `address ${ipOf(1)} is held by job 7.0 (theirs) of bob on exec1: the machine queues until that is gone.`,
      `macAddress ${macOf(1)} is held by job 7.0 (theirs) of bob on exec1.`,
    ]);
  });

  test("fails for a manager that does not keep them apart, and warns of a pool that cannot be asked", async () => {
    const condor = new FakeCondor();
    condor.limit = "Not defined";
    expect((await preview(condor, [auto])).failures).toMatchObject([{ property: "address" }]);
    const silent = new FakeCondor();
    silent.before = (command) => {
      if (command === "condor_q") throw new PermissionError(command, { what: "no" });
    };
    const { warned, failures } = await preview(silent, [auto]);
    expect(failures).toEqual([]);
    expect(warned).toEqual([expect.stringContaining("Who holds which address is not known")]);
  });
});
