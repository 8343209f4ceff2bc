import { beforeEach, describe, expect, test } from "vitest";
import { nodeReportAttributes } from "../../../contract/node-report.ts";
import type { Context } from "../../../provider/context.ts";
import { checkFleetInPool } from "../../../provider/fleet/fit.ts";
import { PoolUnreachableError } from "../../../provider/htcondor/errors.ts";
import { poolOf } from "../../../provider/htcondor/pool.ts";
import { Operation } from "../../../provider/operation.ts";
import { readSettings } from "../../../provider/settings.ts";
import type { Store } from "../../../provider/store/store.ts";
import { UNKNOWN } from "../../../sdk/values.ts";

const DIGEST = "a".repeat(64);
const REFERENCE = `debian@sha256:${DIGEST}`;
const none = new Set<string>();
const urn = "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Fleet::web";
const PROGRAM = { resourceUrn: urn, image: REFERENCE, count: 24 };

/** A node's slot as `condor_status` shows it. */
function slot(host: string, memory: number, cpus: number) {
  return {
    ...{ Name: `slot1@${host}`, TotalSlotMemory: memory, TotalSlotCpus: cpus, Memory: memory, Cpus: cpus },
    ...nodeReportAttributes({
      heartbeat: Math.floor(Date.now() / 1000),
      images: [],
      cacheUsedMiB: 0,
      cacheAvailableMiB: 10_000,
      diskFreeMiB: 100_000,
      networks: ["default"],
      acceleration: "qemu",
      architectures: ["x86_64"],
      firmwares: ["bios"],
      trouble: "",
    }),
  };
}

const debian = {
  ...{ schema: 1, name: "debian", digest: DIGEST, format: "qcow2", architecture: "x86_64", firmware: "bios" },
  ...{ virtualSizeBytes: 1024 ** 3, sizeBytes: 100, createdAt: "2026-11-24T00:00:00Z", description: "", labels: {} },
};

/** A pool with room for ten small machines, and what it was asked and what was warned of. */
class World {
  answer: () => string = () => JSON.stringify([slot("exec1", 2048, 4), slot("exec2", 3072, 8)]);
  readonly commands: string[] = [];
  readonly warnings: string[] = [];
  readonly notes: string[] = [];
  readonly #context: Context = {
    settings: readSettings({}, {}),
    pool: poolOf(async (command) => {
      this.commands.push(command);
      return this.answer();
    }),
    store: Object.assign(Object.create(null), {
      find: async () => debian,
      has: async () => true,
    }) satisfies Partial<Store>,
  };

  async failures(change: Record<string, unknown> = {}, olds: Record<string, unknown> = {}, unknown = none) {
    const operation = new Operation({
      warn: (message) => this.warnings.push(message),
      note: (message) => this.notes.push(message),
    });
    return (await checkFleetInPool({ ...PROGRAM, ...change }, unknown, this.#context, olds, operation)).failures;
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

const TOO_LARGE = { profile: { memoryMiB: 9000, vcpus: 8 } };

describe("a new fleet", () => {
  test("that fits is neither refused nor warned of, and the pool is asked once", async () => {
    expect(await world.failures({ count: 10 })).toEqual([]);
    expect(world.warnings).toEqual([]);
    expect(world.commands).toEqual(["condor_status"]);
  });

  test("that does not fit whole is warned of once, with how many do and what is in the way of the others", async () => {
    expect(await world.failures({ overrides: { "web-3": { profile: "medium" } } })).toEqual([]);
    expect(world.warnings).toEqual([
      expect.stringMatching(/^24 machines asked for, 10 fit now: the others have to queue\. `minReady`.*\n {2}exec/),
    ]);
    expect(world.commands).toEqual(["condor_status"]);
  });

  test("is not warned of where as many fit as must be ready", async () => {
    await world.failures({ minReady: 10 });
    expect(world.warnings).toEqual([]);
    await world.failures({ minReady: 11, resourceUrn: `${urn}2` });
    expect(world.warnings).toEqual([expect.stringMatching(/^24 machines asked for, 0 fit now, counting the machines/)]);
  });

  test("of a kind that no node could ever hold is refused, by its template or its override", async () => {
    expect(await world.failures(TOO_LARGE)).toEqual([
      { property: "profile", reason: expect.stringContaining("could ever hold 9000 MiB and 8 vCPUs") },
    ]);
    expect(await world.failures({ overrides: { "web-1": TOO_LARGE, "web-99": TOO_LARGE } })).toEqual([
      { property: "overrides", reason: expect.stringMatching(/^web-1\.profile: no execute node of the pool/) },
    ]);
  });

  test("of an image that a preview does not know is checked by its size", async () => {
    const unknown = new Set(["image"]);
    expect(await world.failures({ image: UNKNOWN, ...TOO_LARGE }, {}, unknown)).toMatchObject([
      { property: "profile" },
    ]);
  });

  test("of no members asks nobody", async () => {
    expect(await world.failures({ count: 0, ...TOO_LARGE })).toEqual([]);
    expect(world.commands).toEqual([]);
  });

  test("in a pool that cannot be asked is one warning", async () => {
    world.answer = () => {
      throw new PoolUnreachableError("condor_status", { what: "Nobody is there.", remedy: "" });
    };
    expect(await world.failures()).toEqual([]);
    expect(world.warnings).toEqual([expect.stringContaining("The pool cannot be asked")]);
  });
});

describe("a fleet that is there", () => {
  const SMALL = { name: "small", memoryMiB: 512, vcpus: 1 };
  const before = { ...PROGRAM, count: 20, namePrefix: "web", profile: SMALL, overrides: {} };

  test("and stays asks nobody: its nodes may be down", async () => {
    expect(await world.failures({ count: 20 }, before)).toEqual([]);
    expect(await world.failures({ count: 2 }, before)).toEqual([]);
    expect(world.commands).toEqual([]);
  });

  test("and grows is asked about by what is added", async () => {
    await world.failures({ count: 30 }, before);
    expect(world.warnings).toEqual([]);
    await world.failures({ count: 35, resourceUrn: `${urn}2` }, before);
    expect(world.warnings).toEqual([expect.stringMatching(/^15 more machines asked for, 0 fit now/)]);
  });

  test("and gets a template that fits nowhere is refused", async () => {
    expect(await world.failures({ count: 20, ...TOO_LARGE }, before)).toMatchObject([{ property: "profile" }]);
  });

  test("and whose guests are told nothing new though the program says it, says so", async () => {
    const told = { count: 20, onUserDataChange: "ignore", userData: "#!/bin/sh" };
    expect(await world.failures(told, { ...before, onUserDataChange: "ignore" })).toEqual([]);
    expect(world.notes).toEqual([expect.stringContaining("userData changed")]);
  });
});
