import { expect, test } from "vitest";
import { byNumber, usefulAddress } from "../../../execute-node/agent/guest-address.ts";

test.each([
  ["10.0.0.7", "10.0.0.7"],
  ["FD00:0:0::01", "fd00::1"],
  ["2001:db8::192.168.0.1", "2001:db8::c0a8:1"],
])("%s is told as %s", (text, told) => {
  expect(usefulAddress(text)).toBe(told);
});

test.each(
  [
    "",
    "x",
    "10.0.0",
    "01.2.3.4",
    "10.0.0.7/24",
    "0.0.0.0",
    "127.0.0.1",
    "169.254.1.1",
    "224.0.0.1",
    "240.0.0.1",
  ].concat([
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.7",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1%eth0",
    "febf::1",
    "ff02::1",
  ]),
)("%j is told to nobody", (text) => {
  expect(usefulAddress(text)).toBeUndefined();
});

test("addresses are in the order of their numbers, not of their letters", () => {
  expect(["10.0.0.10", "9.255.0.0", "10.0.0.9"].sort(byNumber)).toEqual(["9.255.0.0", "10.0.0.9", "10.0.0.10"]);
  const six = ["fd00:0:0:1::", "fd00::10", "fd00::2", "2001:db8:0:0:1::", "::1:0:0:0", "fd00::1.2.3.4"];
  expect(six.sort(byNumber)).toEqual([
    "::1:0:0:0",
    "2001:db8:0:0:1::",
    "fd00::2",
    "fd00::10",
    "fd00::1.2.3.4",
    "fd00:0:0:1::",
  ]);
});
