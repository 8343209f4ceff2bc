import { describe, expect, test } from "vitest";
import type { ImageManifest } from "../../../contract/image-manifest.ts";
import type { Context } from "../../../provider/context.ts";
import { openContext } from "../../../provider/context.ts";
import { checkInstance } from "../../../provider/instance/check.ts";
import { readSettings } from "../../../provider/settings.ts";
import type { Store } from "../../../provider/store/store.ts";

const DIGEST = "a".repeat(64);
const REFERENCE = `debian@sha256:${DIGEST}`;
const none = new Set<string>();

const manifest: ImageManifest = {
  schema: 1,
  name: "debian",
  digest: DIGEST,
  format: "qcow2",
  architecture: "x86_64",
  firmware: "bios",
  virtualSizeBytes: 3 * 1024 ** 3,
  sizeBytes: 100,
  createdAt: "2026-11-24T00:00:00Z",
  description: "",
  labels: {},
};

/** A store that holds one image; check only asks it what there is. */
const store = {
  list: async () => [manifest],
  find: async (name: string) => (name === manifest.name ? manifest : undefined),
  has: async (digest: string) => digest === DIGEST,
} satisfies Partial<Store>;

function context(change: Record<string, unknown> = {}, withStore = true): Context {
  const opened = openContext(readSettings(change, {}));
  return { ...opened, store: withStore ? Object.assign(Object.create(null), store) : undefined };
}

const urn = (name: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Instance::${name}`;
const program = { resourceUrn: urn("web"), image: REFERENCE };
const check = (change: Record<string, unknown>, unknown: ReadonlySet<string> = none, where = context()) =>
  checkInstance({ ...program, ...change }, unknown, where);

describe("what a program leaves out", () => {
  test("is filled in", async () => {
    expect(await check({})).toEqual({
      inputs: {
        resourceUrn: urn("web"),
        name: "web",
        image: REFERENCE,
        profile: { name: "small", memoryMiB: 512, vcpus: 1 },
        network: "default",
        onUserDataChange: "replace",
        labels: {},
        gracefulStop: false,
        timeoutSeconds: 600,
        timeouts: {},
        waitFor: "address",
      },
      failures: [],
    });
  });

  test("may also be there as undefined or null", async () => {
    const { inputs, failures } = await check({ name: undefined, labels: null, ipAddress: undefined });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ name: "web", labels: {} });
  });

  test("comes out the same when what was checked is checked again", async () => {
    const once = await check({ profile: "large", image: "debian", watchdog: "reset", gracefulStop: true });
    expect(await checkInstance(once.inputs, none, context())).toEqual(once);
  });
});

describe("a name in a program", () => {
  test("of an image is pinned to what it means now", async () => {
    expect((await check({ image: "debian" })).inputs.image).toBe(REFERENCE);
  });

  test("of a profile is resolved, also where the configuration defines it", async () => {
    const where = context({
      profiles: { small: { memoryMiB: 96, vcpus: 1 }, huge: { memoryMiB: 9000, vcpus: 9, diskGiB: 9 } },
    });
    expect((await check({}, none, where)).inputs.profile).toEqual({ name: "small", memoryMiB: 96, vcpus: 1 });
    expect((await check({ profile: "huge" }, none, where)).inputs.profile).toMatchObject({ name: "huge", diskGiB: 9 });
  });

  test("is not needed for a size", async () => {
    const profile = { memoryMiB: 96, vcpus: 1 };
    expect((await check({ profile })).inputs.profile).toEqual({ name: "custom", ...profile });
  });
});

describe("a failure names the input, what was given, and what is expected", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["name", { name: "No Good" }, /"No Good".*DNS label/],
    ["name", { name: 7 }, /7: .*string/],
    ["name", { resourceUrn: urn("My_Web::x") }, /"My_Web::x" cannot be a machine's name.*DNS label.*argument `name`/],
    ["resourceUrn", { resourceUrn: "web" }, /URN/],
    ["image", { image: undefined }, /nothing was given.*reference/],
    ["image", { image: "ubuntu" }, /"ubuntu".*no image of this name; it has debian/],
    ["image", { image: "Ubuntu!" }, /"Ubuntu!".*lower-case/],
    ["image", { image: `debian@sha256:${"b".repeat(64)}` }, /nothing with this digest; it has debian/],
    ["image", { image: "debian@sha256:xyz" }, /64 lower-case hexadecimal/],
    ["image", { image: "../../etc/passwd" }, /lower-case/],
    [
      "profile",
      { profile: "gigantic" },
      /"gigantic": there is no such profile.*small \(512 MiB, 1 vCPU\), medium .*, large/,
    ],
    ["profile", { profile: "toString" }, /no such profile/],
    ["profile", { profile: 7 }, /7: must be the name of a profile/],
    ["profile", { profile: ["small"] }, /must be the name of a profile/],
    ["profile", { profile: { memoryMiB: 1, vcpus: 1 } }, /memoryMiB 1: .*64/],
    ["profile", { profile: { memoryMiB: 512 } }, /vcpus nothing was given/],
    ["profile", { profile: { memoryMiB: 512, vcpus: 1.5 } }, /vcpus 1.5/],
    ["profile", { profile: { memoryMiB: 512, vcpus: 1, gpus: 1 } }, /gpus/],
    [
      "profile",
      { profile: { memoryMiB: 512, vcpus: 1, diskGiB: 2 } },
      /diskGiB 2: the image debian has a disk of 3 GiB/,
    ],
    ["macAddress", { macAddress: "01:00:00:00:00:00" }, /unicast/],
    ["labels", { labels: { "bad key": "x" } }, /bad key/],
    ["labels", { labels: { count: 7 } }, /count 7: .*string/],
    ["labels", { labels: { note: "x".repeat(20_000) } }, /16384 bytes/],
    ["watchdog", { watchdog: "none" }, /"none": .*"reset"\|"shutdown"\|"poweroff"\|"pause"/],
    ["watchdog", { watchdog: true }, /true: /],
    ["gracefulStop", { gracefulStop: "yes" }, /"yes": .*boolean/],
    ["gracefulStop", { gracefulStop: 30 }, /30: .*boolean/],
    ["timeoutSeconds", { timeoutSeconds: 0 }, /0: /],
    ["timeoutSeconds", { timeoutSeconds: "10m" }, /"10m": .*number/],
    ["timeouts", { timeouts: { createSeconds: -1 } }, /createSeconds -1/],
    ["profle", { profle: "large" }, /no argument of an instance; there are name, image, profile/],
  ])("%s: %j", async (property, change, reason) => {
    const { failures } = await check(change);
    expect(failures.map((failure) => failure.property)).toEqual([property]);
    expect(failures[0]?.reason).toMatch(reason);
    expect(failures[0]?.reason.length).toBeLessThan(600);
  });

  test("and all of them are reported at once", async () => {
    const { failures } = await check({ name: "No", image: "No", profile: "No" });
    expect(failures.map((failure) => failure.property)).toEqual(["name", "image", "profile"]);
  });

  test("says what to configure where there is no store", async () => {
    const { failures } = await check({ image: "debian" }, none, context({}, false));
    expect(failures[0]?.reason).toMatch(/condor:store/);
    expect((await check({}, none, context({}, false))).failures).toEqual([]);
  });
});

describe("what a preview does not know yet", () => {
  test.each(["name", "image", "profile", "labels", "watchdog", "gracefulStop", "timeoutSeconds", "macAddress"])(
    "is valid as %s",
    async (property) => {
      const placeholder = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
      const { inputs, failures } = await check({ [property]: placeholder }, new Set([property]));
      expect(failures).toEqual([]);
      expect(inputs[property]).toBe(placeholder);
    },
  );
});
