import { expect, test } from "vitest";
import { ADDRESSES_MAX } from "../../../contract/node-report.ts";
import { addressesOf, interfaceAddresses, libvirtNetworksOf } from "../../../execute-node/agent/addresses.ts";
import { MachineRecord } from "../../../execute-node/agent/instance-folders.ts";
import { newMachine } from "../../../execute-node/agent/machine.ts";
import type { Sighting } from "../../../execute-node/agent/sightings.ts";
import { SPEC } from "./samples.ts";

const lease = (ipAddress: string, expires = "now"): Sighting => ({
  ipAddress,
  source: "lease",
  lease: expires,
  state: "fresh",
});
const neighbour = (ipAddress: string, state: Sighting["state"] = "fresh"): Sighting => ({
  ipAddress,
  source: "neighbour",
  state,
});
const agent = (ipAddress: string): Sighting => ({ ipAddress, source: "agent", state: "fresh" });

const NOTHING = { fixed: undefined, leaseBefore: undefined, before: [] };

test("the fixed address is preferred, then IPv4, then a lease to a neighbour to the guest agent, then the lower number", () => {
  const heard = [
    agent("fd00::9"),
    agent("10.0.0.3"),
    agent("10.0.0.20"),
    neighbour("fd00::5"),
    neighbour("10.0.0.9"),
    neighbour("10.0.0.10"),
    lease("10.0.0.200"),
    lease("fd00::7"),
  ];
  const order = ["10.0.0.200", "10.0.0.9", "10.0.0.10", "10.0.0.3", "10.0.0.20", "fd00::7", "fd00::5", "fd00::9"];
  expect(interfaceAddresses(heard, NOTHING)).toEqual(order);
  expect(interfaceAddresses(heard.toReversed(), NOTHING)).toEqual(order);
  expect(interfaceAddresses(heard, { ...NOTHING, fixed: "10.0.0.20" })[0]).toBe("10.0.0.20");
  expect(interfaceAddresses(heard, { ...NOTHING, fixed: "10.0.0.99" })).toEqual(order);
});

test("an address is told once, by whoever is believed most", () => {
  const heard = [agent("10.0.0.9"), neighbour("10.0.0.9"), lease("10.0.0.9"), agent("10.0.0.3")];
  expect(interfaceAddresses(heard, NOTHING)).toEqual(["10.0.0.9", "10.0.0.3"]);
});

test("link-local, loopback, multicast and what is no address are left out", () => {
  const heard = ["fe80::1", "127.0.0.1", "::1", "169.254.3.4", "224.0.0.251", "ff02::1", "0.0.0.0", "x", "10.0.0.7"];
  expect(interfaceAddresses(heard.map(agent), NOTHING)).toEqual(["10.0.0.7"]);
});

test("a stale neighbour and the lease of an earlier machine say nothing, until somebody answers there", () => {
  const earlier = { ...NOTHING, leaseBefore: "then, later" };
  expect(interfaceAddresses([neighbour("10.0.0.7", "stale")], NOTHING)).toEqual([]);
  expect(interfaceAddresses([lease("10.0.0.7", "then"), lease("fd00::7", "later")], earlier)).toEqual([]);
  expect(interfaceAddresses([lease("10.0.0.7", "now")], earlier)).toEqual(["10.0.0.7"]);
  expect(interfaceAddresses([lease("10.0.0.7", "then"), neighbour("10.0.0.7")], earlier)).toEqual(["10.0.0.7"]);
});

test("silence takes no address back; another of its family does", () => {
  const known = { ...NOTHING, before: ["10.0.0.7", "fd00::7"] };
  expect(interfaceAddresses([], known)).toEqual(["10.0.0.7", "fd00::7"]);
  expect(interfaceAddresses([neighbour("10.0.0.7", "refuted")], known)).toEqual(["10.0.0.7", "fd00::7"]);
  expect(interfaceAddresses([neighbour("10.0.0.9", "stale")], known)).toEqual(["10.0.0.7", "fd00::7"]);
  expect(interfaceAddresses([neighbour("10.0.0.9")], known)).toEqual(["10.0.0.9", "fd00::7"]);
  // A quiet guest of two addresses keeps both.
  expect(interfaceAddresses([neighbour("10.0.0.9"), neighbour("10.0.0.7", "stale")], known)).toEqual([
    "10.0.0.7",
    "10.0.0.9",
    "fd00::7",
  ]);
});

test("a lease that its guest has left goes once nobody answers there and another address is heard", () => {
  const known = { ...NOTHING, before: ["10.0.0.7"] };
  const left = [lease("10.0.0.7"), neighbour("10.0.0.7", "refuted")];
  expect(interfaceAddresses([...left, agent("10.0.0.9")], known)).toEqual(["10.0.0.9"]);
  expect(interfaceAddresses(left, known)).toEqual(["10.0.0.7"]);
});

test("a guest agent is not believed about the address at which another guest answers", () => {
  expect(interfaceAddresses([agent("10.0.0.7"), neighbour("10.0.0.7", "refuted")], NOTHING)).toEqual([]);
});

test("a guest of many addresses does not fill the slot's ad", () => {
  const many = Array.from({ length: 300 }, (_, index) => agent(`10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`));
  expect(interfaceAddresses(many, NOTHING)).toHaveLength(ADDRESSES_MAX);
});

const RECORD = MachineRecord.parse({
  schema: 1,
  globalJobId: "ap#7.0#1764000000",
  user: "cloud@pool.test",
  spec: { ...SPEC, interfaces: { lan: { network: "lan", macAddress: "02:00:00:00:00:02", address: "10.1.0.9" } } },
  image: { digest: "a".repeat(64), format: "qcow2", architecture: "x86_64" },
  preparedAt: 1764000000,
});

test("each interface has the addresses of its own MAC; one that has none is absent", () => {
  const machine = newMachine(RECORD.globalJobId, "running");
  machine.sightings.set("02:00:00:00:00:01", [lease("10.0.0.7", "then")]);
  machine.sightings.set("02:00:00:00:00:02", [neighbour("10.1.0.3"), neighbour("10.1.0.9")]);
  machine.agentSightings = new Map([["02:00:00:00:00:01", [agent("fd00::7")]]]);
  expect(addressesOf(machine, RECORD)).toEqual({ main: ["10.0.0.7", "fd00::7"], lan: ["10.1.0.9", "10.1.0.3"] });
  expect(addressesOf(machine, { ...RECORD, leaseBefore: { main: "then" } }).main).toEqual(["fd00::7"]);
  expect(addressesOf(newMachine(RECORD.globalJobId, "running"), RECORD)).toEqual({});
});

test("the address that an agent of an earlier version remembered is the main interface's", () => {
  const machine = newMachine(RECORD.globalJobId, "running");
  expect(addressesOf(machine, { ...RECORD, ipAddress: "10.0.0.7" })).toEqual({ main: ["10.0.0.7"] });
});

test("a libvirt network is asked once, however many machines are on it", () => {
  const machines = [newMachine(RECORD.globalJobId, "running"), newMachine("ap#8.0#1", "running")];
  for (const machine of machines) machine.record = RECORD;
  const networks = { default: { libvirt: "nat" }, lan: { bridge: "br0" } };
  expect([...libvirtNetworksOf([...machines, newMachine("ap#9.0#1", "running")], networks)]).toEqual(["nat"]);
});
