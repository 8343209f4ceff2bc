import { expect, test } from "vitest";
import { parseDomainStates, parseLeases, parseNeighbours } from "../../../execute-node/agent/libvirt.ts";

test("domain states are read from virsh domstats", () => {
  const output = [
    "Domain: 'cloud_pool.test_1.0'",
    "  state.state=1",
    "  state.reason=1",
    "",
    "Domain: 'it's mine'",
    "  state.state=3",
    "  state.reason=1",
    "Domain: 'off'",
    "  state.state=5",
  ].join("\n");
  expect([...parseDomainStates(output)]).toEqual([
    ["cloud_pool.test_1.0", "running"],
    ["it's mine", "paused"],
    ["off", "stopped"],
  ]);
  expect(parseDomainStates("").size).toBe(0);
});

test("a guest's address is the last IPv4 lease of its MAC, or else its IPv6 one", () => {
  const output = `
 Expiry Time           MAC address         Protocol   IP address          Hostname   Client ID or DUID
-----------------------------------------------------------------------------------------------------------
 2026-11-25 00:30:00   02:00:00:00:00:01   ipv6       fd00::17/64         -          00:01:00:01
 2026-11-25 00:29:00   02:00:00:00:00:01   ipv4       192.168.122.9/24    web        01:02:00:00:00:00:01
 2026-11-25 00:30:00   02:00:00:00:00:01   ipv4       192.168.122.156/24  web        -
 2026-11-25 00:30:00   02:00:00:00:00:02   ipv6       fd00::18/64         -          -
`;
  expect(Object.fromEntries(parseLeases(output))).toEqual({
    "02:00:00:00:00:01": { ipAddress: "192.168.122.156", lease: "2026-11-25 00:30:00", fresh: true },
    "02:00:00:00:00:02": { ipAddress: "fd00::18", lease: "2026-11-25 00:30:00", fresh: true },
  });
});

test("a guest on a bridge is found among the kernel's neighbours", () => {
  const output = JSON.stringify([
    { dst: "10.0.0.7", lladdr: "02:00:00:00:00:01", state: ["STALE"] },
    { dst: "fe80::1", lladdr: "02:00:00:00:00:02", state: ["REACHABLE"] },
    { dst: "10.0.0.8", lladdr: "02:00:00:00:00:03", state: ["FAILED"] },
    { dst: "10.0.0.9", state: ["INCOMPLETE"] },
  ]);
  expect(Object.fromEntries(parseNeighbours(output))).toEqual({
    "02:00:00:00:00:01": { ipAddress: "10.0.0.7", lease: undefined, fresh: false },
  });
  expect(parseNeighbours("").size).toBe(0);
});

test("of a bridge's neighbours of one MAC the one heard of late counts", () => {
  const of = (dst: string, state: string) => ({ dst, lladdr: "02:00:00:00:00:01", state: [state] });
  for (const neighbours of [
    [of("10.0.0.7", "STALE"), of("10.0.0.9", "REACHABLE"), of("fd00::7", "REACHABLE")],
    [of("fd00::7", "REACHABLE"), of("10.0.0.9", "DELAY"), of("10.0.0.7", "STALE")],
  ]) {
    expect(parseNeighbours(JSON.stringify(neighbours)).get("02:00:00:00:00:01")).toMatchObject({
      ipAddress: "10.0.0.9",
      fresh: true,
    });
  }
});
