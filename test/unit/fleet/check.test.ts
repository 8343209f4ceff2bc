import { describe, expect, test } from "vitest";
import type { Context } from "../../../provider/context.ts";
import { openContext } from "../../../provider/context.ts";
import { checkFleet } from "../../../provider/fleet/check.ts";
import { FleetInputs, memberInputs } from "../../../provider/fleet/inputs.ts";
import { readSettings } from "../../../provider/settings.ts";
import type { Store } from "../../../provider/store/store.ts";

const DIGEST = "a".repeat(64);
const REFERENCE = `debian@sha256:${DIGEST}`;
const none = new Set<string>();
const manifest = { name: "debian", digest: DIGEST, virtualSizeBytes: 3 * 1024 ** 3 };

/** A store that holds one image; check only asks it what there is. */
const store = Object.assign(Object.create(null), {
  list: async () => [manifest],
  find: async (name: string) => (name === "debian" ? manifest : undefined),
  has: async (digest: string) => digest === DIGEST,
}) satisfies Partial<Store>;

const PAIRS = [2, 3].map((number) => ({ mac: `00:1a:4a:22:20:0${number}`, ip: `192.168.1.${number}` }));
const context: Context = { ...openContext(readSettings({ addresses: PAIRS }, {})), store };

const urn = (name: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Fleet::${name}`;
const program = { resourceUrn: urn("web"), image: REFERENCE, count: 3 };
const check = (change: Record<string, unknown>, unknown: ReadonlySet<string> = none) =>
  checkFleet({ ...program, ...change }, unknown, context);
const failures = async (...asked: Parameters<typeof check>) => (await check(...asked)).failures;

describe("what a program leaves out", () => {
  test("is filled in, so that a fleet is whole", async () => {
    const { inputs, failures: wrong } = await check({});
    expect(wrong).toEqual([]);
    expect(inputs).toEqual({
      resourceUrn: urn("web"),
      image: REFERENCE,
      profile: { name: "small", memoryMiB: 512, vcpus: 1 },
      network: "default",
      onUserDataChange: "replace",
      labels: {},
      gracefulStop: false,
      timeoutSeconds: 600,
      timeouts: {},
      waitFor: "address",
      count: 3,
      namePrefix: "web",
      overrides: {},
      updateStrategy: { maxUnavailable: 1, maxSurge: 0 },
      maxQueueSeconds: 30,
      removeFirst: [],
    });
    expect(FleetInputs.parse(inputs).count).toBe(3);
  });

  test("stays the template's in an override, of which only what was given is handed on, resolved", async () => {
    const overrides = { "web-1": { profile: "large", image: "debian", labels: null }, "web-12": { lease: "4h" } };
    const { inputs, failures: wrong } = await check({ overrides, labels: { a: "1" } });
    expect(wrong).toEqual([]);
    expect(inputs.overrides).toEqual({
      "web-1": { profile: { name: "large", memoryMiB: 2048, vcpus: 4 }, image: REFERENCE },
      "web-12": { lease: "4h" },
    });
    expect(memberInputs(FleetInputs.parse(inputs), "web-1")).toMatchObject({ name: "web-1", labels: { a: "1" } });
  });
});

describe("what is wrong is said", () => {
  test.each([
    ["count", { count: -1 }, /^-1: /],
    ["count", { count: undefined }, /^nothing was given/],
    ["count", { count: 10_001 }, /^10001: /],
    ["namePrefix", { namePrefix: "Web" }, /^"Web": must be a DNS label/],
    ["namePrefix", { namePrefix: "w".repeat(58) }, /at most 57 characters/],
    ["namePrefix", { resourceUrn: urn("My fleet") }, /"My fleet" cannot be what .* `namePrefix`/],
    ["updateStrategy", { updateStrategy: { maxUnavailable: 0 } }, /could ever be replaced/],
    ["updateStrategy", { updateStrategy: { pace: 1 } }, /pace/],
    ["minReady", { minReady: 4 }, /^4: must be at most count, which is 3/],
    ["maxQueueSeconds", { maxQueueSeconds: 0 }, /^0: /],
    ["removeFirst", { removeFirst: ["web-1", "db-1", "web-01"] }, /^"db-1", "web-01": .* named web-0, web-1/],
    ["profile", { profile: "huge" }, /^"huge": there is no such profile/],
    ["image", { image: "ubuntu" }, /has no image of this name/],
    ["adopt", { adopt: "ap#1.0#1" }, /is no argument of a fleet; there are .*count, namePrefix, overrides/],
    ["name", { name: "web" }, /is no argument of a fleet/],
    ["macAddress", { macAddress: "52:54:00:00:00:01" }, /is no argument of a fleet/],
    ["fleet", { fleet: "shop/dev/x/y" }, /is no argument of a fleet/],
  ])("of %s by its name: %o", async (property, change, reason) => {
    expect(await failures(change)).toEqual([{ property, reason: expect.stringMatching(reason) }]);
  });

  test("of overrides with the path to it, each in the machine that comes of it", async () => {
    const overrides = {
      "web-0": { profile: "huge", name: "mine" },
      "db-0": {},
      "web-1": "large",
      "web-2": { profile: { memoryMiB: 512, vcpus: 1, diskGiB: 2 } },
    };
    const [failure, ...more] = await failures({ overrides });
    expect(more).toEqual([]);
    expect(failure?.property).toBe("overrides");
    expect(failure?.reason).toContain('web-0.profile: "huge": there is no such profile');
    expect(failure?.reason).toContain("web-0.name: is no argument of a member; there are image, profile");
    expect(failure?.reason).toContain(
      '"db-0": no member of this fleet has such a name; they are named web-0, web-1, …',
    );
    expect(failure?.reason).toContain("web-1 a text of 5 characters: must be an object");
    expect(failure?.reason).toContain("web-2.profile: diskGiB 2: the image debian has a disk of 3 GiB");
  });

  test("all of it, and what is the template's once", async () => {
    const overrides = { "web-0": { labels: {} }, "web-1": { profile: "small" } };
    const wrong = await failures({ count: -1, profile: "huge", minReady: -1, overrides });
    expect(wrong.map(({ property }) => property)).toEqual(["profile", "count", "minReady"]);
  });

  test("of a secret without it", async () => {
    const overrides = { "web-0": { metaData: "hunter2" }, "web-1": "hunter2" };
    expect(JSON.stringify(await failures({ overrides }))).not.toContain("hunter2");
  });

  test("of many overrides without end in numbers", async () => {
    const overrides = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`web-${index}`, { profile: "x" }]));
    const [failure] = await failures({ overrides });
    expect(failure?.reason.match(/there is no such profile/g)).toHaveLength(8);
    expect(failure?.reason).toMatch(/and 42 more$/);
  });
});

describe("a name that tries to be something else", () => {
  test.each(["web-1/../x", "web-1\n", "web- 1", "web-1e3", "web--1", "__proto__", "constructor", "web-100000"])(
    "%j is no member's",
    async (name) => {
      expect(await failures({ overrides: Object.fromEntries([[name, {}]]) })).toMatchObject([
        { property: "overrides" },
      ]);
      expect(await failures({ removeFirst: [name] })).toMatchObject([{ property: "removeFirst" }]);
    },
  );
});

describe("what a preview does not know", () => {
  test("is passed through, and an override that says it is checked all the same", async () => {
    const overrides = { "web-1": { image: "ubuntu" } };
    const { inputs, failures: wrong } = await check({ image: "?", overrides }, new Set(["image"]));
    expect(inputs.image).toBe("?");
    expect(wrong).toEqual([{ property: "overrides", reason: expect.stringContaining("web-1.image: ") }]);
  });

  test.each(["count", "namePrefix", "overrides", "updateStrategy", "minReady", "removeFirst", "image", "profile"])(
    "is no failure: %s",
    async (property) => {
      const { inputs, failures: wrong } = await check({ [property]: "?" }, new Set([property]));
      expect(wrong).toEqual([]);
      expect(inputs[property]).toBe("?");
    },
  );
});

describe("what only one machine can have", () => {
  test("is refused of a template whose members would share it", async () => {
    expect(await failures({ address: "192.168.1.2" })).toEqual([
      { property: "address", reason: expect.stringContaining("192.168.1.2: 3 members would have it") },
    ]);
    const interfaces = { inside: { macAddress: "52:54:00:00:00:01" } };
    expect(await failures({ interfaces })).toMatchObject([{ property: "interfaces" }]);
  });

  test("is good for the only member that has it", async () => {
    expect(await failures({ address: "192.168.1.2", count: 1 })).toEqual([]);
    expect(await failures({ overrides: { "web-0": { address: "192.168.1.2" } } })).toEqual([]);
  });

  test("is refused of two overrides", async () => {
    const overrides = {
      "web-0": { macAddress: "52:54:00:00:00:01" },
      "web-2": { macAddress: "52:54:00:00:00:01" },
    };
    expect(await failures({ overrides })).toEqual([
      { property: "overrides", reason: 'web-2.macAddress "52:54:00:00:00:01": is that of web-0 already' },
    ]);
  });
});
