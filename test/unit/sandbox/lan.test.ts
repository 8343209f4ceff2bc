import { describe, expect, it } from "vitest";
import { parseNodeConfiguration } from "../../../execute-node/configuration.ts";
import { managerFile } from "../../../execute-node/install/manager/configuration.ts";
import { DHCP_HOSTS_FILE, dhcpConfiguration } from "../../../sandbox/lan.ts";
import { condorConfiguration } from "../../../sandbox/machine-configuration.ts";
import { machineFiles } from "../../../sandbox/machine-files.ts";
import { layOut, MAX_NODES } from "../../../sandbox/sandbox.ts";

const sandbox = layOut({ schema: 1, name: "one", nodes: MAX_NODES, octet: 90, root: "/root" }, "/state/one");
const [manager, node] = sandbox.machines;

/** The last number of an address of the network `lan`. */
function lastOctet(address: string): number {
  expect(address).toMatch(/^10\.90\.250\.\d+$/);
  return Number(address.split(".")[3]);
}

describe("the network lan of a sandbox", () => {
  it("gives every machine and the host an address of its own, outside of what its DHCP server gives away", () => {
    const [, first, last] = /^dhcp-range=([\d.]+),([\d.]+),/m.exec(dhcpConfiguration(sandbox)) ?? [];
    const range = [lastOctet(first ?? ""), lastOctet(last ?? "")] as const;
    const own = [...sandbox.machines.map(({ lanAddress }) => lanAddress), sandbox.hostLanAddress].map(lastOctet);
    expect(new Set(own).size).toBe(MAX_NODES + 2);
    expect(own.filter((octet) => octet >= range[0] && octet <= range[1])).toEqual([]);
    expect(Math.max(...own)).toBeLessThan(255);
  });

  it("is a network of no node's own guests", () => {
    expect(sandbox.executeNodes.map(({ guestNetwork }) => guestNetwork)).not.toContain(sandbox.lan);
  });

  it("is offered by each execute node beside its own, and served by the manager", () => {
    const file = (machine: typeof node, path: string) =>
      machine && machineFiles(sandbox, machine, "bundle").files.find((one) => one.path === path)?.content;
    const { networks } = parseNodeConfiguration(file(node, "/etc/condor-cloud/node.json") ?? "");
    expect(networks).toEqual({ default: { libvirt: "default" }, lan: { bridge: "br0" } });
    expect(file(manager, "/etc/condor-cloud-lan.conf")).toContain(`dhcp-hostsfile=${DHCP_HOSTS_FILE}`);
    expect(file(node, "/etc/condor-cloud-lan.conf")).toBeUndefined();
  });
});

describe("the manager of a sandbox", () => {
  const text = manager ? condorConfiguration(sandbox, manager) : "";

  it("keeps the DHCP server running", () => {
    expect(text).toContain("DAEMON_LIST = $(DAEMON_LIST), LAN_DHCP");
  });

  it("has the product's own file for managers, which never lets two jobs with one MAC address run at once", () => {
    const files = manager ? machineFiles(sandbox, manager, "bundle").files : [];
    expect(files).toContainEqual(managerFile);
  });
});
