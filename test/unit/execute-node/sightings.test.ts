import { expect, test } from "vitest";
import {
  isMarked,
  leaseMark,
  neighbourSightings,
  parseLeases,
  parseNeighbours,
} from "../../../execute-node/agent/sightings.ts";

const LEASES = parseLeases(`
 Expiry Time           MAC address         Protocol   IP address          Hostname   Client ID or DUID
-----------------------------------------------------------------------------------------------------------
 2026-11-25 00:30:00   02:00:00:00:00:01   ipv6       fd00::17/64         -          00:01:00:01
 2026-11-25 00:31:00   02:00:00:00:00:01   ipv4       192.168.122.156/24  web        -
 2026-11-25 00:29:00   02:00:00:00:00:01   ipv4       192.168.122.9/24    web        01:02:00:00:00:00:01
 2026-11-25 00:30:00   02:00:00:00:00:02   ipv6       fd00::18/64         -          -
`);

test("of a MAC address's leases the newest of each family counts, in whatever order they are listed", () => {
  const of = (ipAddress: string, lease: string) => ({ ipAddress, lease, source: "lease", state: "fresh" });
  expect(LEASES.get("02:00:00:00:00:01")).toEqual([
    of("fd00::17", "2026-11-25 00:30:00"),
    of("192.168.122.156", "2026-11-25 00:31:00"),
  ]);
  expect(LEASES.get("02:00:00:00:00:02")).toEqual([of("fd00::18", "2026-11-25 00:30:00")]);
  expect(parseLeases("").size).toBe(0);
});

test("the leases of an earlier machine are known again by when they expire", () => {
  const mark = leaseMark(LEASES, "02:00:00:00:00:01");
  for (const { lease } of LEASES.get("02:00:00:00:00:01") ?? []) expect(isMarked(lease, mark)).toBe(true);
  expect(isMarked("2026-11-25 01:31:00", mark)).toBe(false);
  expect(leaseMark(LEASES, "02:00:00:00:00:09")).toBeUndefined();
  expect(isMarked("2026-11-25 01:31:00", undefined)).toBe(false);
  expect(isMarked(undefined, mark)).toBe(false);
});

test("a neighbour counts on its own link, and as fresh only where it has answered of late", () => {
  const of = (dst: string, state: string, dev = "br0", lladdr = "02:00:00:00:00:01") => ({
    dst,
    dev,
    lladdr,
    state: [state],
  });
  const all = parseNeighbours(
    JSON.stringify([
      of("10.0.0.1", "REACHABLE"),
      of("10.0.0.2", "STALE"),
      of("10.0.0.3", "DELAY"),
      of("10.0.0.4", "PROBE"),
      of("10.0.0.5", "FAILED"),
      { dst: "10.0.0.6", dev: "br0", state: ["INCOMPLETE"] },
      { dst: "10.0.0.7", dev: "br0", state: ["FAILED"] },
      of("10.0.0.8", "REACHABLE", "virbr0"),
      of("10.0.0.9", "REACHABLE", "br0", "02:00:00:00:00:02"),
      of("10.0.0.10", "STALE", "br0", "02:00:00:00:00:02"),
      of("fd00::1", "PERMANENT"),
    ]),
  );
  const found = neighbourSightings(all, "br0", "02:00:00:00:00:01");
  expect(found.map(({ ipAddress, state }) => `${ipAddress} ${state}`)).toEqual([
    "10.0.0.1 fresh",
    "10.0.0.2 stale",
    "10.0.0.3 stale",
    "10.0.0.4 stale",
    "10.0.0.5 refuted",
    "10.0.0.7 refuted",
    "10.0.0.9 refuted",
    "fd00::1 fresh",
  ]);
  expect(parseNeighbours("")).toEqual([]);
});
