import { describe, expect, test } from "vitest";
import { dhcpEntries } from "../../../provider/address/dhcp.ts";
import { poolWith } from "./samples.ts";

describe("host entries for a DHCP server", () => {
  test("are lines of a hosts file for dnsmasq", () => {
    expect(dhcpEntries("dnsmasq", poolWith(2))).toBe("00:1a:4a:22:20:01,192.168.1.1\n00:1a:4a:22:20:02,192.168.1.2\n");
  });

  test("are host declarations for ISC's server", () => {
    expect(dhcpEntries("isc", poolWith(1))).toBe(
      "host cloud-001a4a222001 { hardware ethernet 00:1a:4a:22:20:01; fixed-address 192.168.1.1; }\n",
    );
  });

  test("are reservations for Kea", () => {
    expect(JSON.parse(dhcpEntries("kea", poolWith(2, "lan")))).toEqual([
      { "hw-address": "00:1a:4a:22:20:01", "ip-address": "192.168.1.1" },
      { "hw-address": "00:1a:4a:22:20:02", "ip-address": "192.168.1.2" },
    ]);
  });

  test("are none for an empty pool", () => {
    expect(dhcpEntries("dnsmasq", [])).toBe("");
    expect(dhcpEntries("isc", [])).toBe("");
    expect(JSON.parse(dhcpEntries("kea", []))).toEqual([]);
  });

  test.each([
    { macAddress: "00:1a:4a:22:20:01", address: '192.168.1.1; } include "/etc/shadow"' },
    { macAddress: "00:1a:4a:22:20:01", address: "192.168.1.1\n#" },
    { macAddress: "00:1a:4a:22:20:01 }", address: "192.168.1.1" },
  ])("are never made of what would be more than an entry: %j", (pair) => {
    for (const format of ["dnsmasq", "isc", "kea"] as const) expect(() => dhcpEntries(format, [pair])).toThrow();
  });
});
