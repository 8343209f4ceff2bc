import { describe, expect, test } from "vitest";
import {
  concurrencyLimitOf,
  FURTHER_INTERFACES_MAX,
  FurtherInterfaces,
  interfacesOf,
  MAIN_INTERFACE,
  macAddressesOf,
  networksOf,
} from "../../../contract/interfaces.ts";

const MAIN = { network: "default", macAddress: "02:00:00:00:00:01" };
const card = (number: number, network = "lan") => ({ network, macAddress: `02:00:00:00:01:0${number}` });

describe("a machine's interfaces", () => {
  test("are the main one, then the others by name, whatever their order in a program", () => {
    const interfaces = { storage: card(1), backup: card(2), "main-2": card(3) };
    const names = ["main", "backup", "main-2", "storage"];
    expect([...interfacesOf({ ...MAIN, interfaces }).keys()]).toEqual(names);
    const reversed = Object.fromEntries(Object.entries(interfaces).reverse());
    expect([...interfacesOf({ ...MAIN, interfaces: reversed }).keys()]).toEqual(names);
  });

  test("are the main one alone where no other was asked for", () => {
    expect([...interfacesOf(MAIN)]).toEqual([[MAIN_INTERFACE, MAIN]]);
    expect([...interfacesOf({ ...MAIN, address: "192.168.122.7", interfaces: {} })]).toEqual([
      [MAIN_INTERFACE, { ...MAIN, address: "192.168.122.7" }],
    ]);
  });

  test("give their MAC addresses in their order, and each network once", () => {
    const spec = { ...MAIN, interfaces: { b: card(1), a: card(2), c: card(3, "default") } };
    expect(macAddressesOf(spec)).toEqual([MAIN, card(2), card(1), card(3)].map(({ macAddress }) => macAddress));
    expect(networksOf(spec)).toEqual(["default", "lan"]);
  });

  test.each([
    ["the name of the main one", { [MAIN_INTERFACE]: card(1) }],
    ["a path for a name", { "../../etc": card(1) }],
    ["a name too long for a network card", { ["a".repeat(16)]: card(1) }],
    ["XML in a name", { "a'/><disk": card(1) }],
    ["a name that begins with a digit", { "1a": card(1) }],
    ["no name", { "": card(1) }],
    ["XML in a network", { a: { ...card(1), network: "lan'/><source file='/etc/shadow" } }],
    ["a path for a network", { a: { ...card(1), network: "../lan" } }],
    ["XML in a MAC address", { a: { ...card(1), macAddress: "02:00:00:00:00:02'/>" } }],
    ["a MAC address of a group", { a: { ...card(1), macAddress: "01:00:00:00:00:02" } }],
    ["an address that is none", { a: { ...card(1), address: "192.168.1.256" } }],
    ["an address with a net", { a: { ...card(1), address: "192.168.1.0/24" } }],
    ["XML in an address", { a: { ...card(1), address: "192.168.1.7'/>" } }],
    ["a field that we do not know", { a: { ...card(1), model: "e1000" } }],
    ["a list", [card(1)]],
    [
      "more than a machine may have",
      Object.fromEntries(Array.from({ length: FURTHER_INTERFACES_MAX + 1 }, (_, index) => [`a${index}`, card(index)])),
    ],
  ])("are refused with %s", (_what, value) => {
    expect(FurtherInterfaces.safeParse(value).success).toBe(false);
  });

  test("may be as many as a machine has room for", () => {
    const most = Array.from({ length: FURTHER_INTERFACES_MAX }, (_, index) => [`a${index}`, card(index)]);
    expect(FurtherInterfaces.safeParse(Object.fromEntries(most)).success).toBe(true);
  });
});

describe("the concurrency limit of a MAC address", () => {
  test("is a name that HTCondor takes for one, with no number behind it", () => {
    expect(concurrencyLimitOf("02:00:5e:10:00:01")).toBe("cloudmac.m02005e100001");
  });

  test.each(["", "02:00:00:00:00:01,other", "02:00:00:00:00:01:5", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:0A"])(
    "is refused for %j",
    (text) => expect(() => concurrencyLimitOf(text)).toThrow(),
  );
});
