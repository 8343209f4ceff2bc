import { describe, expect, test } from "vitest";
import { encodeLabels, encodePlacement } from "../../../contract/job-ad.ts";
import { changeableAttributes, DIFF_TABLE, diffInstance } from "../../../provider/instance/diff.ts";
import { changeableIn } from "../../../provider/instance/drift.ts";
import { queued } from "./samples.ts";

const none = new Set<string>();
const urn = (name: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Instance::${name}`;

/** A machine as the state holds it. */
const olds = {
  resourceUrn: urn("web"),
  name: "web",
  image: `debian@sha256:${"a".repeat(64)}`,
  profile: { name: "small", memoryMiB: 512, vcpus: 1 },
  network: "lan",
  macAddress: "02:00:00:00:00:01",
  address: "auto",
  interfaces: { storage: { network: "default" } },
  userData: "#cloud-config\n{}\n",
  sshAuthorizedKeys: ["ssh-ed25519 AAAA"],
  hostname: "www.example",
  metaData: { role: "web" },
  networkConfig: { version: 2 },
  onUserDataChange: "replace",
  labels: { tier: "web" },
  watchdog: "reset",
  gracefulStop: true,
  requirements: "HasGpu =?= true",
  rank: "Memory",
  spread: "hosts",
  accountingGroup: "group_ci",
  priority: 5,
  onEviction: "fail",
  timeoutSeconds: 600,
  timeouts: {},
  lease: "4h",
  waitFor: "running",
  maxQueueSeconds: 60,
  jobId: "12.0",
  state: "running",
  host: "exec1",
  ipAddress: "10.0.0.7",
  vncAddress: "",
  startedAt: "",
  leaseEndsAt: new Date(Date.now() + 3 * 3600 * 1000).toISOString(),
};
/** The same machine as a program asks for it: no outputs. */
const { jobId, state, host, ipAddress, vncAddress, startedAt, leaseEndsAt, macAddress, ...news } = olds;
const outputs = { jobId, state, host, ipAddress, vncAddress, startedAt, leaseEndsAt };

describe("what a change means", () => {
  test("nothing changed, nothing changes", () => {
    expect(diffInstance(olds, news, none)).toEqual({ changes: false, replaces: [], deleteBeforeReplace: true });
  });

  test.each([
    ["name", { name: "db" }],
    ["image", { image: `debian@sha256:${"b".repeat(64)}` }],
    ["image", { image: `ubuntu@sha256:${"a".repeat(64)}` }],
    ["profile", { profile: { name: "small", memoryMiB: 1024, vcpus: 1 } }],
    ["profile", { profile: { name: "medium", memoryMiB: 512, vcpus: 2 } }],
    ["profile", { profile: { name: "small", memoryMiB: 512, vcpus: 1, diskGiB: 10 } }],
    ["macAddress", { macAddress: "02:00:00:00:00:02" }],
    ["watchdog", { watchdog: "poweroff" }],
    ["watchdog", { watchdog: undefined }],
    ["network", { network: undefined }],
    ["address", { address: "10.0.0.7" }],
    ["address", { address: undefined }],
    ["interfaces", { interfaces: { storage: { network: "lan" } } }],
    ["interfaces", { interfaces: { other: { network: "default" } } }],
    ["interfaces", { interfaces: undefined }],
    ["userData", { userData: "#cloud-config\n{ a: 1 }\n" }],
    ["userData", { userData: undefined }],
    ["sshAuthorizedKeys", { sshAuthorizedKeys: [] }],
    ["hostname", { hostname: undefined }],
    ["metaData", { metaData: { role: "db" } }],
    ["networkConfig", { networkConfig: { version: 1 } }],
  ])("%s replaces the machine, the old one first: %j", (property, change) => {
    const diff = diffInstance(olds, { ...news, ...change }, none);
    expect(diff).toEqual({ changes: true, replaces: [property], deleteBeforeReplace: true });
  });

  test.each([
    ["labels", { labels: { tier: "db" } }],
    ["labels", { labels: {} }],
    ["gracefulStop", { gracefulStop: false }],
    ["gracefulStop", { gracefulStop: undefined }],
    ["timeoutSeconds", { timeoutSeconds: 60 }],
    ["timeouts", { timeouts: { deleteSeconds: 60 } }],
    ["lease", { lease: "5h" }],
    ["lease", { lease: undefined }],
    ["waitFor", { waitFor: "address" }],
    ["waitFor", { waitFor: { tcpPort: 22 } }],
    ["maxQueueSeconds", { maxQueueSeconds: undefined }],
    ["onUserDataChange", { onUserDataChange: "ignore" }],
    ["onUserDataChange", { onUserDataChange: "ignore", userData: "#!/bin/sh\n", hostname: "other" }],
  ])("%s changes in place: %j", (_property, change) => {
    const diff = diffInstance(olds, { ...news, ...change }, none);
    expect(diff).toEqual({ changes: true, replaces: [], deleteBeforeReplace: true });
  });

  test("a change of what a guest reads once is none where the program says so", () => {
    const ignoring = { ...olds, onUserDataChange: "ignore" };
    const changed = {
      ...news,
      onUserDataChange: "ignore",
      userData: "#!/bin/sh\n",
      sshAuthorizedKeys: [],
      metaData: {},
    };
    expect(diffInstance(ignoring, changed, none).changes).toBe(false);
    expect(diffInstance(ignoring, { ...changed, onUserDataChange: "replace" }, none).replaces).toEqual([
      "userData",
      "sshAuthorizedKeys",
      "metaData",
    ]);
  });

  test("an interface that says what is the default is the one that left it out", () => {
    const said = { ...news, interfaces: { storage: {} } };
    expect(diffInstance(olds, said, none).changes).toBe(false);
  });

  test("has a row for every input but who asks", () => {
    expect(DIFF_TABLE.map((row) => row.property).sort()).toEqual(
      [...Object.keys(news).filter((name) => name !== "resourceUrn"), "macAddress"].sort(),
    );
  });

  test("edits in the job what the job knows of it, and no more", () => {
    const edited = DIFF_TABLE.filter((row) => row.attributes !== undefined).map((row) => row.property);
    expect(edited).toEqual(["gracefulStop", "labels", "rank", "spread", "priority", "onEviction"]);
    const placement = { rank: "Memory", spread: "hosts", priority: -3, onEviction: "fail" } as const;
    expect(changeableAttributes({ labels: {}, gracefulStop: true, placement })).toEqual({
      WantGracefulRemoval: true,
      CloudLabels: encodeLabels({}),
      CloudPlacement: encodePlacement(placement),
      VirtualMachineRank: { expression: "Memory" },
      VirtualMachineSpread: -1,
      VirtualMachineOnEviction: "fail",
      JobPrio: -3,
    });
    expect(changeableAttributes({ labels: {}, gracefulStop: true })).toMatchObject({
      CloudPlacement: "-",
      VirtualMachineRank: { expression: "undefined" },
      VirtualMachineSpread: 0,
      VirtualMachineOnEviction: "requeue",
      JobPrio: 0,
    });
    expect(DIFF_TABLE.filter((row) => row.attributes && row.change === "replace")).toEqual([]);
    expect(Object.keys(changeableIn(queued(), {})), "what a read looks for drift in").toEqual(
      expect.arrayContaining(edited),
    );
  });

  test("several changes are all named", () => {
    const change = { name: "db", image: `x@sha256:${"b".repeat(64)}`, labels: {} };
    expect(diffInstance(olds, { ...news, ...change }, none).replaces).toEqual(["name", "image"]);
  });
});

describe("an input that is not there", () => {
  /** What each input means where a program or a state does not have it; undefined: nothing else means that. */
  const MEANING = new Map<string, unknown>([
    ["name", undefined],
    ["image", undefined],
    ["profile", undefined],
    ["macAddress", undefined],
    ["watchdog", undefined],
    ["network", "default"],
    ["address", undefined],
    ["interfaces", {}],
    ["userData", undefined],
    ["sshAuthorizedKeys", []],
    ["hostname", undefined],
    ["metaData", {}],
    ["networkConfig", undefined],
    ["onUserDataChange", "replace"],
    ["gracefulStop", false],
    ["labels", {}],
    ["timeoutSeconds", 600],
    ["timeouts", {}],
    ["lease", undefined],
    ["waitFor", "address"],
    ["maxQueueSeconds", undefined],
    ["requirements", undefined],
    ["accountingGroup", undefined],
    ["rank", undefined],
    ["spread", undefined],
    ["priority", 0],
    ["onEviction", "requeue"],
  ]);
  const without = (properties: object, name: string) =>
    Object.fromEntries(Object.entries(properties).filter(([property]) => property !== name));

  test.each(DIFF_TABLE.map((row) => row.property))("means its default: %s", (property) => {
    expect([...MEANING.keys()]).toContain(property);
    const byDefault = MEANING.get(property);
    const [absent, there] = [without(news, property), { ...news, [property]: byDefault }];
    for (const [before, now] of [
      [absent, there],
      [there, absent],
      [absent, absent],
    ]) {
      expect(diffInstance({ ...outputs, ...before }, { ...now }, none)).toEqual({
        changes: false,
        replaces: [],
        deleteBeforeReplace: true,
      });
    }
  });

  test("is what an older state lacks whole: then only what is not the default is a change", () => {
    const { image, profile, name, resourceUrn } = news;
    const needed = { image, profile, name, resourceUrn };
    const checked = {
      ...needed,
      gracefulStop: false,
      network: "default",
      onUserDataChange: "replace",
      labels: {},
      timeoutSeconds: 600,
      timeouts: {},
      waitFor: "address",
    };
    expect(diffInstance({ ...outputs, ...needed }, checked, none).changes).toBe(false);
    expect(diffInstance({ ...outputs, ...needed }, { ...checked, watchdog: "reset" }, none).replaces).toEqual([
      "watchdog",
    ]);
  });
});

describe("a machine that the state knows as not ready", () => {
  const at = (seen: object) => diffInstance({ ...olds, ...seen }, news, none);
  const unfinished = { changes: true, replaces: [], deleteBeforeReplace: true };

  test.each(["queued", "starting", "preparing", "prepared", "held", "stopped", "failed", "unknown"])(
    "is waited for in place: %s",
    (state) => {
      expect(at({ state, ipAddress: "" })).toEqual(unfinished);
    },
  );

  test("is waited for until it has its address, and while it is paused for its start", () => {
    expect(at({ ipAddress: "" })).toEqual(unfinished);
    expect(at({ state: "paused", startedAt: "" })).toEqual(unfinished);
  });

  test.each([
    { state: "paused", startedAt: "2026-11-24T23:29:40.000Z" },
    { state: "suspended", ipAddress: "" },
  ])("is left to whoever put it to rest: %j", (seen) => {
    expect(at(seen).changes).toBe(false);
  });

  test("is acknowledged in place, whatever it does", () => {
    expect(at({ acknowledged: false })).toEqual(unfinished);
  });

  test("is replaced where it would have been anyway", () => {
    expect(diffInstance({ ...olds, state: "held" }, { ...news, name: "db" }, none).replaces).toEqual(["name"]);
  });

  test("is none where an earlier version left no state", () => {
    const { state, ...without } = olds;
    expect(diffInstance(without, news, none).changes).toBe(false);
  });
});

describe("a lease", () => {
  const half = Date.parse(olds.leaseEndsAt) - 2 * 3600 * 1000;

  test("is renewed in place once less than half of it is left", () => {
    expect(diffInstance(olds, news, none, false, half - 1000).changes).toBe(false);
    expect(diffInstance(olds, news, none, false, half + 1000)).toMatchObject({ changes: true, replaces: [] });
  });

  test("that is half over is no drift for a refresh", () => {
    expect(diffInstance(olds, news, none, true, half + 1000).changes).toBe(false);
    expect(diffInstance(olds, { ...news, lease: "2h" }, none, true, half + 1000).changes).toBe(true);
  });

  test("of another unit is the same one", () => {
    expect(diffInstance(olds, { ...news, lease: "240m" }, none).changes).toBe(false);
  });

  test("that is asked for and has no end in the state is begun", () => {
    expect(diffInstance({ ...olds, leaseEndsAt: "" }, news, none).changes).toBe(true);
  });

  test("of a preview that does not know it is a change, and nothing that is due", () => {
    expect(diffInstance(olds, { ...news, lease: "unknown" }, new Set(["lease"]), false, half + 1000).changes).toBe(
      true,
    );
  });
});

describe("what is no change", () => {
  test("another name for the same size", () => {
    const profile = { name: "tiny", memoryMiB: 512, vcpus: 1 };
    expect(diffInstance(olds, { ...news, profile }, none).changes).toBe(false);
  });

  test("a size whose fields stand in another order", () => {
    const profile = { vcpus: 1, name: "small", memoryMiB: 512 };
    expect(diffInstance(olds, { ...news, profile }, none).changes).toBe(false);
  });

  test("a resource that was renamed or got another parent, where the machine has its name by default", () => {
    const moved = { ...news, resourceUrn: urn("frontend"), name: "frontend" };
    expect(diffInstance(olds, moved, none).changes).toBe(false);
  });

  test("a resource that was renamed, where the machine's name is given", () => {
    const named = { ...olds, name: "www" };
    expect(diffInstance(named, { ...news, name: "www", resourceUrn: urn("frontend") }, none).changes).toBe(false);
    expect(diffInstance(named, { ...news, name: "frontend", resourceUrn: urn("frontend") }, none).replaces).toEqual([
      "name",
    ]);
  });

  test("an input that the program, or the state of an earlier version, leaves out", () => {
    const { labels, timeoutSeconds, timeouts, ...without } = { ...news, labels: {} };
    const stateWith = { ...olds, labels: {} };
    expect(diffInstance(stateWith, without, none).changes).toBe(false);
    const { timeouts: _t, timeoutSeconds: _s, labels: _l, ...stateWithout } = olds;
    expect(diffInstance(stateWithout, { ...news, labels: {} }, none).changes).toBe(false);
  });

  test("an upgrade from a version that knew neither watchdog nor graceful stop", () => {
    const { watchdog, gracefulStop, ...recorded } = olds;
    const { watchdog: _, ...checked } = { ...news, gracefulStop: false };
    expect(diffInstance(recorded, checked, none)).toEqual({ changes: false, replaces: [], deleteBeforeReplace: true });
  });
});

describe("what a preview does not know yet", () => {
  test.each(DIFF_TABLE.map((row) => row.property))("%s is a change, and never a reason to replace", (property) => {
    const diff = diffInstance(
      olds,
      { ...news, [property]: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
      new Set([property]),
    );
    expect(diff).toEqual({ changes: true, replaces: [], deleteBeforeReplace: true });
  });

  test("leaves what is known to speak for itself", () => {
    expect(diffInstance(olds, { ...news, name: "db" }, new Set(["image"])).replaces).toEqual(["name"]);
  });
});
