import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  domainCapabilities,
  parseDomainStates,
  parseLeases,
  parseNeighbours,
} from "../../../execute-node/agent/libvirt.ts";

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

/** A `virsh` whose `domcapabilities` fails the first times. */
async function virshThatFails(times: number): Promise<() => Promise<string>> {
  const folder = await mkdtemp(join(tmpdir(), "virsh-test-"));
  const script = `#!/bin/sh
case "$*" in *domcapabilities*) ;; *) exit 0 ;; esac
echo asked >> ${folder}/asked
[ "$(wc -l < ${folder}/asked)" -gt ${times} ] && echo yes
`;
  await writeFile(join(folder, "virsh"), script, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  return () => readFile(join(folder, "asked"), "utf8");
}

test("libvirt's first no is asked again, its second believed", async () => {
  await virshThatFails(1);
  expect(await domainCapabilities([], (answer) => answer)).toBe("yes");
  const asked = await virshThatFails(2);
  expect(await domainCapabilities([], (answer) => answer)).toBeUndefined();
  expect(await asked()).toBe("asked\nasked\n");
});
