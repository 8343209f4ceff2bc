import { describe, expect, it } from "vitest";
import { chooseOctet, overlapping } from "../../../sandbox/subnet.ts";

describe("the network of a sandbox", () => {
  it("is 10.77.0.0/16 where nothing else is, and a default route does not count", () => {
    expect(chooseOctet(["default", "0.0.0.0/0", "192.0.2.0/24", "127.0.0.1/8"], [])).toBe(77);
  });

  it("keeps clear of every network of the host that overlaps it, wider or narrower, and of single addresses", () => {
    expect(chooseOctet(["10.77.5.0/24"], [])).toBe(78);
    expect(chooseOctet(["10.76.0.0/15"], [])).toBe(78); // 10.76 and 10.77
    expect(chooseOctet(["10.78.255.255"], [77])).toBe(79);
    expect(chooseOctet(["10.64.0.0/12"], [])).toBe(80); // 10.64 to 10.79
  });

  it("is never one that another sandbox has, even when that is down", () => {
    expect(chooseOctet([], [77, 78, 80])).toBe(79);
  });

  it("does not exist when the host routes all of 10.0.0.0/8", () => {
    expect(chooseOctet(["10.0.0.0/8"], [])).toBeUndefined();
  });

  it("ignores what is no IPv4 network, as `ip route` shows it", () => {
    expect(chooseOctet(["fe80::/64", "", "multicast 224.0.0.0"], [])).toBe(77);
  });
});

describe("what overlaps a sandbox's network", () => {
  it("is named as it was given; a default route and neighbours are not", () => {
    const used = ["default", "0.0.0.0/0", "10.77.0.0/24", "10.78.5.0/24", "10.78.5.1", "10.0.0.0/8", "10.79.0.0/16"];
    expect(overlapping(78, used)).toEqual(["10.78.5.0/24", "10.78.5.1", "10.0.0.0/8"]);
  });
});
