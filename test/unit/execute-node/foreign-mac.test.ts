import { expect, test } from "vitest";
import { refuseForeignMac } from "../../../execute-node/agent/foreign-mac.ts";
import { SPEC } from "./samples.ts";

const spec = SPEC;
const theirs = { user: "cloud@pool.test", spec };

test("a MAC address of somebody else's machine on the same network is refused", () => {
  expect(() => refuseForeignMac([theirs], { user: "mallory@pool.test", spec })).toThrow("belongs to a machine");
});

test("an owner's own machine, another network and another address are fine", () => {
  expect(() => refuseForeignMac([theirs], { user: theirs.user, spec })).not.toThrow();
  for (const change of [{ network: "dmz" }, { macAddress: "02:00:00:00:00:02" }]) {
    expect(() => refuseForeignMac([theirs], { user: "mallory@pool.test", spec: { ...spec, ...change } })).not.toThrow();
  }
});

test("each interface is looked at, on either side", () => {
  const lan = { network: "lan", macAddress: "02:00:00:00:01:01" };
  const main = { network: "default", macAddress: "02:00:00:00:00:09" };
  const withLan = { ...spec, ...main, interfaces: { storage: lan } };
  const mallory = "mallory@pool.test";
  const refusal = "02:00:00:00:01:01 of interface storage belongs to a machine of somebody else on network lan";
  expect(() =>
    refuseForeignMac([{ user: "cloud@pool.test", spec: { ...spec, ...lan } }], { user: mallory, spec: withLan }),
  ).toThrow(refusal);
  expect(() =>
    refuseForeignMac([{ user: "cloud@pool.test", spec: withLan }], { user: mallory, spec: { ...spec, ...lan } }),
  ).toThrow("of interface main");
  expect(() => refuseForeignMac([theirs], { user: mallory, spec: withLan })).not.toThrow();
});
