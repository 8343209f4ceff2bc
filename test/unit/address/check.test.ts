import { describe, expect, test } from "vitest";
import { checkAddresses, checkFixedAddresses } from "../../../provider/address/check.ts";
import type { Wired } from "../../../provider/address/wishes.ts";
import { readSettings } from "../../../provider/settings.ts";
import { ipOf, macOf, poolWith } from "./samples.ts";

const pool = [...poolWith(2), { macAddress: macOf(7), address: ipOf(7), network: "lan" }];
const wired = (change: Partial<Wired> = {}): Wired => ({ network: "default", ...change });
const inside = (change: object = {}) => ({ inside: { network: "lan", ...change } });

describe("a check of fixed addresses", () => {
  test.each<[string, Wired]>([
    ["an address of the pool", wired({ address: ipOf(1) })],
    ["auto", wired({ address: "auto" })],
    ["an address with its own MAC address", wired({ address: ipOf(1), macAddress: macOf(1) })],
    ["auto with a MAC address of the pool", wired({ address: "auto", macAddress: macOf(2) })],
    ["an address of the interface's network", wired({ interfaces: inside({ address: ipOf(7) }) })],
    ["a pair of any network", wired({ interfaces: inside({ address: ipOf(1) }) })],
    ["two interfaces with one each", wired({ address: ipOf(1), interfaces: inside({ address: ipOf(2) }) })],
    ["a MAC address alone, which no pool needs to have", wired({ macAddress: macOf(9) })],
  ])("takes %s", (_, inputs) => {
    expect(checkAddresses(inputs, pool)).toEqual([]);
  });

  test.each<[string, Wired, string, RegExp]>([
    [
      "not in the pool",
      wired({ address: "10.0.0.1" }),
      "address",
      /not in the address pool; it has 192\.168\.1\.1, 192\.168\.1\.2$/,
    ],
    ["of another network", wired({ address: ipOf(7) }), "address", /is of the network lan.* on default/],
    [
      "with the MAC address of another pair",
      wired({ address: ipOf(1), macAddress: macOf(2) }),
      "macAddress",
      /has 00:1a:4a:22:20:01/,
    ],
    [
      "with a MAC address that is no pair's",
      wired({ address: ipOf(1), macAddress: macOf(9) }),
      "macAddress",
      /of the address pool, or be left out/,
    ],
    [
      "auto with a MAC address of another network",
      wired({ address: "auto", macAddress: macOf(7) }),
      "macAddress",
      /network lan/,
    ],
    [
      "on two interfaces",
      wired({ address: ipOf(1), interfaces: inside({ address: ipOf(1) }) }),
      "interfaces",
      /^inside\.address.*that of address already/,
    ],
    [
      "whose MAC address is given twice",
      wired({ macAddress: macOf(9), interfaces: inside({ macAddress: macOf(9) }) }),
      "interfaces",
      /^inside\.macAddress.*that of macAddress already/,
    ],
  ])("refuses one that is %s", (_, inputs, property, words) => {
    expect(checkAddresses(inputs, pool)).toEqual([{ property, reason: expect.stringMatching(words) }]);
  });

  test("names what to set where there is no pool, and the network for which it has none", () => {
    expect(checkAddresses(wired({ address: "auto" }), undefined)[0]?.reason).toContain("condor:addresses");
    const lan = [{ macAddress: macOf(7), address: ipOf(7), network: "lan" }];
    expect(checkAddresses(wired({ address: "auto" }), lan)[0]?.reason).toContain("no pair for the network default");
  });

  test("says nothing of what a preview does not know yet, and reads no pool that nobody asks for", async () => {
    const settings = readSettings({ addresses: "/nonexistent" }, {});
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    expect(await checkFixedAddresses({ network: "default", address: unknown }, settings)).toEqual([]);
    expect(await checkFixedAddresses({ network: "default" }, settings)).toEqual([]);
    await expect(checkFixedAddresses({ address: "auto" }, settings)).rejects.toThrow("/nonexistent cannot be read");
  });
});
