import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type MachineReport, parseMachineReport } from "../../../contract/node-report.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { reserveOnLan } from "../pool/dhcp.ts";
import { theSandbox } from "../pool/nodes.ts";
import { condor } from "../pool/queue.ts";
import { eventually } from "../pool/wait.ts";
import { type GuestOutputs, type GuestStack, makeGuestStack, nodeOf } from "./stack.ts";
import { recorded } from "./state.ts";

const SMALL = { profile: { memoryMiB: 128, vcpus: 1 } };

/** The pairs of the address pool, on the network lan: the MAC addresses of a main and of a further interface. */
const LAN_MACS = ["02:00:00:00:fc:01", "02:00:00:00:fc:02"] as const;

/** The MAC address of the Debian guest's main interface. */
const MAIN_MAC = "02:00:00:00:fc:03";

/** The addresses that the Debian guest gives itself; the second one late, when the machine has long been ready. */
const ADDRESS = "fd00:77::7";
const LATE_ADDRESS = "fd00:77::3";

/** A shell command of the guest's that has a card of its own take an address, whether or not DHCP gave it that already. */
const taking = (address: string, macAddress: string) =>
  `card=$(grep -l ${macAddress} /sys/class/net/*/address | cut -d/ -f5); ip link set $card up; ip address replace ${address} dev $card`;

let world: GuestStack;
/** The fixed addresses of those pairs. */
let fixed: string[];

/** What a machine's node says of it in its slot. */
async function report({ id }: GuestOutputs): Promise<MachineReport | undefined> {
  const slots: Record<string, unknown>[] = JSON.parse((await condor("condor_status", "-json")) || "[]");
  return slots.map(parseMachineReport).find((each) => each?.globalJobId === id);
}

/** Has the guest agent of a Debian guest run a shell command as root. */
async function inGuest(machine: GuestOutputs, line: string): Promise<void> {
  const node = await nodeOf(machine);
  const names = await runIn(node, ["virsh", "-q", "-c", "qemu:///system", "list", "--name"]);
  const domain = names.split("\n").find((name) => name.trim().endsWith(`_${machine.jobId}`));
  if (domain === undefined) throw new Error(`${node.name} has no domain of job ${machine.jobId}.`);
  const command = JSON.stringify({ execute: "guest-exec", arguments: { path: "/bin/sh", arg: ["-c", line] } });
  await runIn(node, ["virsh", "-q", "-c", "qemu:///system", "qemu-agent-command", domain.trim(), command]);
}

beforeAll(async () => {
  const { lan } = await theSandbox();
  fixed = [`${lan}.31`, `${lan}.32`];
  const pairs = LAN_MACS.map((mac, index) => ({ mac, ip: fixed[index] ?? "" }));
  await reserveOnLan(Object.fromEntries(pairs.map(({ mac, ip }) => [mac, ip])));
  world = await makeGuestStack("discovery");
  await world.stack.setConfig("condor:addresses", { value: JSON.stringify(pairs) });
  const [main = "", further = ""] = fixed;
  await world.declare({
    nat: { image: inject("smallImage"), ...SMALL },
    bridged: { image: inject("smallImage"), ...SMALL, network: "lan", address: main },
    debian: {
      image: inject("debianImage"),
      profile: { memoryMiB: 512, vcpus: 1 },
      macAddress: MAIN_MAC,
      interfaces: { inside: { network: "lan", address: further } },
      userData: `#cloud-config\nruncmd:\n  - ${taking(`${ADDRESS}/64`, MAIN_MAC)}\n  - ${taking(`${further}/24`, LAN_MACS[1])}\n`,
      waitFor: "cloud-init",
    },
  });
  await world.stack.up();
});
afterAll(async () => {
  await world.dispose();
  await reserveOnLan({});
});

describe("the addresses of a guest", () => {
  test("on a libvirt network are those that its DHCP server gave", async () => {
    const machine = await world.machine("nat");
    const leases = await runIn(await nodeOf(machine), [
      ...["virsh", "-q", "-c", "qemu:///system", "net-dhcp-leases", "--network", "default"],
      ...["--mac", machine.macAddress],
    ]);
    expect(leases).toContain(` ${machine.ipAddress}/`);
    expect(machine.addresses.main).toEqual([machine.ipAddress]);
    expect(await report(machine)).toMatchObject({ ipAddress: machine.ipAddress, guest: undefined });
  });

  test("on a bridge are found though nobody but its neighbours knows them", async () => {
    const [address = ""] = fixed;
    expect(await world.machine("bridged")).toMatchObject({ ipAddress: address, addresses: { main: [address] } });
  });

  test("are told by interface, also those that it gave itself, IPv6 behind IPv4", async () => {
    const machine = await world.machine("debian");
    expect(machine.ipAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const told = { main: [machine.ipAddress, ADDRESS], inside: [fixed[1]] };
    await eventually(
      "the node to say all its addresses",
      () => report(machine),
      (said) => isDeepStrictEqual(said?.addresses, told),
    );
    expect(await report(machine)).toMatchObject({ guest: { agent: true, cloudInit: "done" } });
  });

  test("are told anew by a refresh when it takes another", async () => {
    const before = await world.machine("debian");
    await inGuest(before, taking(`${LATE_ADDRESS}/64`, MAIN_MAC));
    const told = { main: [before.ipAddress, LATE_ADDRESS, ADDRESS], inside: [fixed[1]] };
    await eventually(
      "the node to say its late address",
      () => report(before),
      (said) => isDeepStrictEqual(said?.addresses, told),
    );
    await world.stack.refresh();
    expect(await recorded(world, "debian")).toMatchObject({ id: before.id, outputs: { addresses: told } });
  });
});
