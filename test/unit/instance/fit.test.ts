import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ImageManifest } from "../../../contract/image-manifest.ts";
import { nodeReportAttributes } from "../../../contract/node-report.ts";
import type { Context } from "../../../provider/context.ts";
import { CommandMissingError, PermissionError, PoolUnreachableError } from "../../../provider/htcondor/errors.ts";
import { poolOf } from "../../../provider/htcondor/pool.ts";
import { checkInstanceInPool } from "../../../provider/instance/fit.ts";
import { Operation } from "../../../provider/operation.ts";
import { readSettings } from "../../../provider/settings.ts";
import type { Store } from "../../../provider/store/store.ts";
import { UNKNOWN } from "../../../sdk/values.ts";

const REFERENCE = `debian@sha256:${"a".repeat(64)}`;
const OTHER = `ubuntu@sha256:${"b".repeat(64)}`;
const none = new Set<string>();
const urn = (name: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Instance::${name}`;

/** A node's slot as `condor_status` shows it. */
function slot(host: string, memory: number, cpus: number, change: { free?: number } = {}) {
  return {
    ...{
      Name: `slot1@${host}`,
      TotalSlotMemory: memory,
      TotalSlotCpus: cpus,
      Memory: change.free ?? memory,
      Cpus: cpus,
    },
    ...nodeReportAttributes({
      heartbeat: Math.floor(Date.now() / 1000),
      images: [],
      cacheUsedMiB: 0,
      cacheAvailableMiB: 10_000,
      diskFreeMiB: 10_000,
      networks: ["default"],
      acceleration: "qemu",
      architectures: ["x86_64"],
      firmwares: ["bios"],
      trouble: "",
    }),
  };
}

const debian: Omit<ImageManifest, "firmware"> = {
  schema: 1,
  name: "debian",
  digest: "a".repeat(64),
  format: "qcow2",
  architecture: "x86_64",
  virtualSizeBytes: 1024 ** 3,
  sizeBytes: 100,
  createdAt: "2026-11-24T00:00:00Z",
  description: "",
  labels: {},
};

/** A pool whose collector answers so, and what it was asked and what was warned of. */
class World {
  answer: () => string = () => JSON.stringify([slot("exec1", 2048, 4), slot("exec2", 6016, 8)]);
  firmware: ImageManifest["firmware"] = "bios";
  readonly commands: string[] = [];
  readonly warnings: string[] = [];
  readonly notes: string[] = [];
  readonly #context: Context = {
    settings: readSettings({}, {}),
    pool: poolOf(async (command, _options, extra) => {
      this.commands.push(`${command} within ${extra?.deadlineSeconds} s`);
      return this.answer();
    }),
    store: Object.assign(Object.create(null), {
      find: async () => ({ ...debian, firmware: this.firmware }),
      has: async () => true,
    } satisfies Partial<Store>),
  };

  check(name: string, change: Record<string, unknown> = {}, olds: Record<string, unknown> = {}, unknown = none) {
    const inputs = { resourceUrn: urn(name), image: REFERENCE, ...change };
    const operation = new Operation({
      warn: (message) => this.warnings.push(message),
      note: (message) => this.notes.push(message),
    });
    return checkInstanceInPool(inputs, unknown, this.#context, olds, operation);
  }

  async failures(...asked: Parameters<World["check"]>) {
    return (await this.check(...asked)).failures;
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

const TOO_LARGE = { profile: { memoryMiB: 9000, vcpus: 8 } };

describe("a new machine", () => {
  test("that fits is neither refused nor warned of", async () => {
    expect(await world.failures("web")).toEqual([]);
    expect(world.warnings).toEqual([]);
  });

  test("that no node could ever hold is refused for its profile, with the largest that exists and what to do", async () => {
    expect(await world.failures("web", TOO_LARGE)).toEqual([
      {
        property: "profile",
        reason:
          "no execute node of the pool could ever hold 9000 MiB and 8 vCPUs; the largest that any can hold: 6016 MiB and 8 vCPUs on exec2. Ask for what a node can hold, or the pool's administrator for one that can",
      },
    ]);
  });

  test("that no node could ever boot is refused for its image", async () => {
    world.firmware = "uefi";
    expect(await world.failures("web")).toMatchObject([
      { property: "image", reason: expect.stringContaining("exec1, exec2: has no uefi firmware for guests") },
    ]);
  });

  test("of an image that a preview does not know is checked by its size alone", async () => {
    world.firmware = "uefi";
    const unknown = new Set(["image"]);
    expect(await world.failures("web", { image: UNKNOWN }, {}, unknown)).toEqual([]);
    expect(await world.failures("db", { image: UNKNOWN, ...TOO_LARGE }, {}, unknown)).toMatchObject([
      { property: "profile" },
    ]);
  });

  test("of a size that a preview does not know is not asked about, nor one that is wrong already", async () => {
    await world.check("web", { profile: UNKNOWN }, {}, new Set(["profile"]));
    await world.check("db", { profile: "gigantic" });
    expect(world.commands).toEqual([]);
  });

  test("that is there already and to be adopted is not asked about", async () => {
    expect(await world.failures("web", { ...TOO_LARGE, adopt: "ap#1.0#1795562971" })).toEqual([]);
    expect(world.commands).toEqual([]);
  });
});

describe("a machine that exists", () => {
  const olds = async (change: Record<string, unknown> = {}) => (await new World().check("web", change)).inputs;
  const large = { profile: { memoryMiB: 9000, vcpus: 8 } };

  test("is not asked about while it stays, whatever else of it changes: its node may be down", async () => {
    const before = { ...(await olds()), profile: { name: "custom", ...large.profile } };
    for (const change of [{}, { labels: { a: "b" } }, { watchdog: "reset" }, { name: "db" }]) {
      expect(await world.failures("web", { ...large, ...change }, before)).toEqual([]);
    }
    expect(await world.failures("web", { ...large, image: UNKNOWN }, before, new Set(["image"]))).toEqual([]);
    expect(world.commands).toEqual([]);
  });

  test("stays also where its profile got another name", async () => {
    const before = { ...(await olds()), profile: { name: "huge", ...large.profile } };
    expect(await world.failures("web", large, before)).toEqual([]);
    expect(world.commands).toEqual([]);
  });

  test("and stays is no new one when Pulumi checks its replacement anew, without what was", async () => {
    const before = { ...(await olds()), profile: { name: "custom", ...large.profile } };
    await world.check("web", { ...large, name: "db" }, before);
    expect(await world.failures("web", { ...large, name: "db" })).toEqual([]);
    expect(world.commands).toEqual([]);
  });

  test("is noted where its guest would be told something else and that is to be ignored, and only then", async () => {
    const before = await olds();
    const told = (userData: string) => ({ ...before, userData, onUserDataChange: "ignore" });
    await world.check("web", told("#!b"), told("#!b"));
    await world.check("db", { ...told("#!b"), userData: "no format" }, told("#!a"));
    expect(world.notes).toEqual([]);
    await world.check("web", told("#!b"), told("#!a"));
    expect(world.notes).toEqual([expect.stringMatching(/: userData changed/)]);
    expect({ commands: world.commands, warnings: world.warnings }).toEqual({ commands: [], warnings: [] });
  });

  test("is asked about once its profile changes", async () => {
    expect(await world.failures("web", TOO_LARGE, await olds())).toMatchObject([{ property: "profile" }]);
  });

  test("is asked about once its image changes", async () => {
    world.firmware = "uefi";
    expect(await world.failures("web", { image: OTHER }, await olds())).toMatchObject([{ property: "image" }]);
  });

  test("leaves its place to its replacement, so that nobody is warned of that", async () => {
    const before = await olds();
    world.answer = () => JSON.stringify([slot("exec1", 2048, 4, { free: 0 })]);
    await world.check("web", { profile: "medium" }, before);
    await world.check("web", { profile: "medium" });
    expect(world.warnings).toEqual([]);
  });
});

describe("a machine that has to queue", () => {
  test("is a warning with what each node has free", async () => {
    world.answer = () => JSON.stringify([slot("exec1", 2048, 4, { free: 100 })]);
    expect(await world.failures("web")).toEqual([]);
    expect(world.warnings).toEqual([
      "A machine of 512 MiB and 1 vCPU has to queue: no execute node has room for it now.\n  exec1: has 100 MiB of memory free of 512 needed",
    ]);
  });

  test("is warned of after what machines of the program before it took, once for all that are alike", async () => {
    const asked = ["a", "b", "c", "d", "e"].map((name) =>
      world.check(name, { profile: { memoryMiB: 4000, vcpus: 1 } }),
    );
    await Promise.all(asked);
    expect(world.warnings).toEqual([
      "A machine of 4000 MiB and 1 vCPU has to queue: no execute node has room for it now, counting the machines of this program asked for before it.\n" +
        "  exec1: has 2048 MiB of memory free of 4000 needed\n  exec2: has 2016 MiB of memory free of 4000 needed",
    ]);
  });

  test("for want of disk is a warning and no failure, for what is free of it changes", async () => {
    expect(await world.failures("web", { profile: { memoryMiB: 512, vcpus: 1, diskGiB: 100 } })).toEqual([]);
    expect(world.warnings).toEqual([expect.stringContaining("has 10000 MiB of disk free of 102400 needed")]);
  });

  test("because no node reports is a warning: they may be starting", async () => {
    world.answer = () => "[]";
    expect(await world.failures("web", TOO_LARGE)).toEqual([]);
    await world.check("db");
    expect(world.warnings).toEqual([
      "No execute node of Condor Cloud reports to the pool: machines queue until one does.",
    ]);
  });
});

describe("the pool", () => {
  test("is asked once, however many machines there are, and not for long", async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => world.check(`m${index}`)));
    await world.check("later");
    expect(world.commands).toEqual(["condor_status within 10 s"]);
  });

  test("is asked anew by a process that lives on", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await world.check("web");
      vi.setSystemTime(Date.now() + 31_000);
      await world.check("db");
    } finally {
      vi.useRealTimers();
    }
    expect(world.commands).toHaveLength(2);
  });

  test.each<[string, () => string, RegExp]>([
    [
      "is silent",
      thrower(new PoolUnreachableError("condor_status", { what: "No answer.", why: "CEDAR:6001" })),
      /6001/,
    ],
    ["has no command", thrower(new CommandMissingError("condor_status", undefined)), /condor_status was not found/],
    ["refuses the token", thrower(new PermissionError("condor_status", { what: "HTCondor refused." })), /refused/],
    ["answers garbage", () => "<html>502 Bad Gateway</html>", /condor_status/],
  ])("that %s is one warning, and never a failure", async (_what, answer, words) => {
    world.answer = answer;
    const results = await Promise.all(["a", "b", "c"].map((name) => world.failures(name, TOO_LARGE)));
    expect(results).toEqual([[], [], []]);
    expect(world.warnings).toEqual([expect.stringMatching(words)]);
    expect(world.warnings[0]).toContain("the preview goes on without knowing the pool's capacity");
  });
});

function thrower(error: Error): () => string {
  return () => {
    throw error;
  };
}
