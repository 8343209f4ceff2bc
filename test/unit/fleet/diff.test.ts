import { describe, expect, test } from "vitest";
import { diffFleet } from "../../../provider/fleet/diff.ts";
import type { Member } from "../../../provider/fleet/outputs.ts";
import { UNKNOWN } from "../../../sdk/values.ts";

const none = new Set<string>();
const NOW = Date.parse("2026-11-26T12:00:00Z");
const urn = (name: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/condor:Fleet::${name}`;

const INPUTS = {
  resourceUrn: urn("web"),
  image: `debian@sha256:${"a".repeat(64)}`,
  profile: { name: "small", memoryMiB: 512, vcpus: 1 },
  count: 2,
  namePrefix: "web",
};

function member(change: Partial<Member> = {}): Member {
  return {
    id: "ap.example#12.0#1795562971",
    jobId: "12.0",
    state: "running",
    host: "exec1",
    ipAddress: "192.0.2.7",
    addresses: { main: ["192.0.2.7"] },
    vncAddress: "",
    startedAt: "2026-11-26T11:00:00Z",
    ready: true,
    upToDate: true,
    leaseEndsAt: "",
    message: "",
    ...change,
  };
}

const queueing = member({ state: "queued", ready: false, startedAt: "", ipAddress: "" });
const STATE = { ...INPUTS, members: { "web-0": member(), "web-1": member() }, running: 2, ready: 2 };

const diff = (olds: Record<string, unknown>, news: Record<string, unknown>, unknown = none, isRefresh = false) =>
  diffFleet({ ...STATE, ...olds }, { ...INPUTS, ...news }, unknown, isRefresh, NOW);
const unchanged = { changes: false, replaces: [], deleteBeforeReplace: true };
const inPlace = { ...unchanged, changes: true };

describe("inputs", () => {
  test("that say the same, or what is default, are no change", () => {
    expect(diff({}, {})).toEqual(unchanged);
    const defaults = {
      ...{ overrides: {}, updateStrategy: { maxUnavailable: 1, maxSurge: 0 }, maxQueueSeconds: 30, removeFirst: [] },
      ...{ network: "default", labels: {}, waitFor: "address", timeoutSeconds: 600, timeouts: {} },
    };
    expect(diff({}, defaults)).toEqual(unchanged);
    expect(diff(defaults, {})).toEqual(unchanged);
  });

  test.each([
    { count: 3 },
    { image: `debian@sha256:${"b".repeat(64)}` },
    { profile: { name: "medium", memoryMiB: 1024, vcpus: 2 } },
    { labels: { a: "1" } },
    { userData: "#!/bin/sh" },
    { updateStrategy: { maxUnavailable: 2, maxSurge: 0 } },
    { updateStrategy: { maxUnavailable: 1, maxSurge: 0, waitFor: "running" } },
    { minReady: 1 },
    { maxQueueSeconds: 60 },
    { removeFirst: ["web-0"] },
    { timeoutSeconds: 60 },
    { timeouts: { createSeconds: 60 } },
    { overrides: { "web-0": { labels: { a: "1" } } } },
    { overrides: { "web-0": { macAddress: "52:54:00:00:00:01" } } },
  ])("change in place: %o", (news) => {
    expect(diff({}, news)).toEqual(inPlace);
    expect(diff(news, {})).toEqual(inPlace);
  });

  test("replace the fleet by another prefix alone", () => {
    expect(diff({}, { namePrefix: "db", count: 5 })).toEqual({ ...inPlace, replaces: ["namePrefix"] });
    expect(diff({}, { resourceUrn: urn("db"), namePrefix: "db" })).toEqual(unchanged);
  });

  test("of an override count by what the member comes to", () => {
    expect(diff({}, { overrides: { "web-0": { profile: { name: "my", memoryMiB: 512, vcpus: 1 } } } })).toEqual(
      unchanged,
    );
    expect(diff({}, { overrides: { "web-0": {} } })).toEqual(unchanged);
  });

  test("of a guest that is told once are no change where that is ignored", () => {
    expect(diff({ onUserDataChange: "ignore" }, { userData: "#!/bin/sh", onUserDataChange: "ignore" })).toEqual(
      unchanged,
    );
  });

  test.each(["image", "namePrefix", "overrides", "count", "updateStrategy", "lease"])(
    "that a preview does not know are a change, and never a reason to replace: %s",
    (property) => {
      expect(diff({}, { [property]: UNKNOWN }, new Set([property]))).toEqual(inPlace);
    },
  );
});

describe("a fleet that the state knows to be unfinished is a change", () => {
  test.each([
    ["a member is missing", { members: { "web-0": member() } }],
    ["one is too many", { members: { "web-0": member(), "web-1": member(), "web-2": member() } }],
    ["one is not ready", { members: { "web-0": member(), "web-1": queueing } }],
    ["one is still to be replaced", { members: { "web-0": member(), "web-1": member({ upToDate: false }) } }],
    ["one is not acknowledged", { unacknowledged: ["web-0"] }],
  ])("because %s, also for a refresh", (_why, olds) => {
    expect(diff(olds, {})).toEqual(inPlace);
    expect(diff(olds, {}, none, true)).toEqual(inPlace);
  });

  test("but not because members beyond minReady queue", () => {
    const olds = { members: { "web-0": member(), "web-1": queueing }, minReady: 1 };
    expect(diff(olds, { minReady: 1 })).toEqual(unchanged);
    expect(diff({ ...olds, minReady: 2 }, { minReady: 2 })).toEqual(inPlace);
  });

  test("but not because somebody put a member to rest", () => {
    expect(diff({ members: { "web-0": member(), "web-1": member({ state: "paused", ready: false }) } }, {})).toEqual(
      unchanged,
    );
  });

  test("because a lease is due, which on a refresh is none", () => {
    const until = (leaseEndsAt: string) => ({
      lease: "4h",
      members: { "web-0": member({ leaseEndsAt: "2026-11-26T15:59:00Z" }), "web-1": member({ leaseEndsAt }) },
    });
    expect(diff(until("2026-11-26T15:00:00Z"), { lease: "4h" })).toEqual(unchanged);
    expect(diff(until("2026-11-26T13:00:00Z"), { lease: "4h" })).toEqual(inPlace);
    expect(diff(until("2026-11-26T13:00:00Z"), { lease: "4h" }, none, true)).toEqual(unchanged);
  });
});
