import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { parseDatabase } from "../../../sandbox/accounts.ts";
import {
  condorConfiguration,
  guestNetworkXml,
  hostsFile,
  offeredMemoryMiB,
} from "../../../sandbox/machine-configuration.ts";
import { machineFiles } from "../../../sandbox/machine-files.ts";
import { layOut } from "../../../sandbox/sandbox.ts";

const sandbox = layOut({ schema: 1, name: "one", nodes: 2, octet: 90, root: "/root" }, "/state/one");
const configuration = Object.fromEntries(
  sandbox.machines.map((machine) => [machine.name, condorConfiguration(sandbox, machine)]),
);

describe("the configuration of a sandbox machine", () => {
  it("lets nobody in unauthenticated: strong security, and no authorization for everyone", () => {
    for (const text of Object.values(configuration)) {
      expect(text).toContain("use security:strong");
      const allowed = [...text.matchAll(/^ALLOW_\w+ = (.*)$/gm)].flatMap(([, list = ""]) => list.split(", "));
      expect(allowed.length).toBeGreaterThan(0);
      for (const who of allowed) expect(who).toMatch(/^(?:condor|root|\*)@one\.sandbox\.test$/);
      expect(text).not.toMatch(/^ALLOW_(?:DAEMON|NEGOTIATOR|ADMINISTRATOR) = .*\*/m);
    }
  });

  it("puts the manager's daemons on the manager and the startd on the execute nodes", () => {
    expect(configuration.cm).toContain("DAEMON_LIST = MASTER, COLLECTOR, NEGOTIATOR, SCHEDD");
    expect(configuration.exec2).toContain("DAEMON_LIST = MASTER, STARTD");
    expect(configuration.exec2).toContain("NETWORK_INTERFACE = 10.90.0.12");
  });

  it("names every machine in the hosts file, because there is no resolver", () => {
    expect(hostsFile(sandbox)).toBe(
      [
        "127.0.0.1 localhost",
        "10.90.0.1 cm.one.sandbox.test cm",
        "10.90.0.11 exec1.one.sandbox.test exec1",
        "10.90.0.12 exec2.one.sandbox.test exec2",
        "",
      ].join("\n"),
    );
  });

  it("gives half of the host's memory to all nodes together, but never less than a machine needs", () => {
    expect(offeredMemoryMiB(24_000, 3)).toBe(4000);
    expect(offeredMemoryMiB(1024, 4)).toBe(512);
  });

  it("describes the guests' network to libvirt: routed, with leases, without the delays of DHCP", () => {
    const { network } = new XMLParser({ ignoreAttributes: false }).parse(guestNetworkXml("10.90.2"));
    expect(network.forward["@_mode"]).toBe("open");
    expect(network.bridge).toMatchObject({ "@_stp": "off", "@_delay": "0" });
    expect(network.ip["@_address"]).toBe("10.90.2.1");
    expect(network.ip.dhcp.range).toEqual({ "@_start": "10.90.2.10", "@_end": "10.90.2.250" });
    expect(network["dnsmasq:options"]["dnsmasq:option"]["@_value"]).toBe("no-ping");
  });
});

describe("the files of a machine", () => {
  const [manager, node] = sandbox.machines;

  it("make an execute node of the product on execute nodes alone", () => {
    const paths = (machine: typeof manager) =>
      machine ? machineFiles(sandbox, machine, "bundle").files.map(({ path }) => path) : [];
    expect(paths(node)).toContain("/etc/condor-cloud/node.json");
    expect(paths(manager)).not.toContain("/etc/condor-cloud/node.json");
  });

  it("have a digest that changes with the bundle, so that a new build reaches a running node", () => {
    if (!node) throw new Error("no node");
    const digest = (bundle: string) => machineFiles(sandbox, node, bundle).digest;
    expect(digest("one")).toBe(digest("one"));
    expect(digest("one")).not.toBe(digest("two"));
  });
});

describe("reading accounts", () => {
  it("takes name and number from passwd and group lines, and skips what is neither", () => {
    const text = "root:x:0:0:root:/root:/bin/bash\n\n# note\nkvm:x:993:condor\n";
    expect([...parseDatabase(text)]).toEqual([
      ["root", 0],
      ["kvm", 993],
    ]);
  });
});
