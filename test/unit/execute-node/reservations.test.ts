import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import {
  hostXml,
  isAddressFor,
  parseDhcpNetwork,
  RESERVATION_MARK,
  subnetText,
} from "../../../execute-node/agent/dhcp-network.ts";
import { reservationsOf } from "../../../execute-node/agent/reservations.ts";
import { SPEC } from "./samples.ts";

/** As libvirt 11.3 prints a network. */
const NETWORK = `<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0' connections='2'>
  <name>default</name>
  <uuid>49fb14fc-0ae6-4191-b57e-a5cc79ffa6a9</uuid>
  <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>
  <bridge name='virbr0' stp='off' delay='0'/>
  <mac address='52:54:00:19:09:00'/>
  <dns><host ip='192.168.122.2'><hostname>other</hostname></host></dns>
  <ip family='ipv6' address='fd00::1' prefix='64'>
    <dhcp><range start='fd00::10' end='fd00::ff'/><host id='0:1' name='six' ip='fd00::11'/></dhcp>
  </ip>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.100' end='192.168.122.254'/>
      <host mac='02:00:00:00:00:77' id='${RESERVATION_MARK}' ip='192.168.122.77'/>
      <host mac='02:00:00:00:00:AA' name='printer' ip='192.168.122.60'/>
      <host mac='02:00:00:00:00:62' ip='192.168.122.62'><lease expiry='5' unit='hours'/></host>
    </dhcp>
  </ip>
</network>`;

describe("a libvirt network", () => {
  test("tells its subnet and whose each reservation is", () => {
    expect(parseDhcpNetwork(NETWORK)).toEqual({
      subnet: { address: "192.168.122.1", prefix: 24 },
      hosts: [
        { macAddress: "02:00:00:00:00:77", address: "192.168.122.77", isOurs: true },
        { macAddress: "02:00:00:00:00:aa", address: "192.168.122.60", isOurs: false },
        { macAddress: "02:00:00:00:00:62", address: "192.168.122.62", isOurs: false },
      ],
    });
  });

  test.each([
    ["no address of the node's", "<network><name>lan</name><bridge name='br0'/></network>"],
    ["no DHCP server", "<network><name>lan</name><ip address='10.0.0.1' prefix='8'/></network>"],
    ["IPv6 alone", "<network><ip family='ipv6' address='fd00::1' prefix='64'><dhcp/></ip></network>"],
  ])("with %s has no addresses to keep", (_what, xml) => {
    expect(parseDhcpNetwork(xml)).toEqual({ subnet: undefined, hosts: [] });
  });

  test("may have an empty DHCP server, a prefix, or neither prefix nor mask", () => {
    const subnetOf = (attributes: string) =>
      parseDhcpNetwork(`<network><ip ${attributes}><dhcp/></ip></network>`).subnet?.prefix;
    expect(subnetOf("address='10.1.2.1' prefix='20'")).toBe(20);
    expect(subnetOf("address='10.1.2.1' netmask='255.255.240.0'")).toBe(20);
    expect(subnetOf("address='10.1.2.1'")).toBe(8);
    expect(subnetOf("address='172.16.0.1'")).toBe(16);
    expect(subnetOf("address='192.168.7.1'")).toBe(24);
  });

  test("that cannot be understood is an error, and no network without reservations", () => {
    expect(() => parseDhcpNetwork("")).toThrow();
    expect(() => parseDhcpNetwork("<domain/>")).toThrow();
  });
});

describe("an address", () => {
  const subnet = { address: "10.77.16.1", prefix: 20 };

  test.each([
    ["10.77.16.2", true],
    ["10.77.31.254", true],
    ["10.77.20.0", true],
    ["10.77.16.1", false],
    ["10.77.16.0", false],
    ["10.77.31.255", false],
    ["10.77.32.1", false],
    ["10.77.15.255", false],
    ["192.168.1.1", false],
  ])("%s can be a guest's: %s", (address, expected) => {
    expect(isAddressFor(subnet, address)).toBe(expected);
  });

  test("is told with its subnet as people write it", () => {
    expect(subnetText(subnet)).toBe("10.77.16.0/20");
    expect(subnetText({ address: "192.168.122.1", prefix: 24 })).toBe("192.168.122.0/24");
    expect(subnetText({ address: "10.0.0.1", prefix: 30 })).toBe("10.0.0.0/30");
  });
});

describe("a machine's reservations", () => {
  const networks = { default: { libvirt: "nat-1" }, lan: { bridge: "br0" }, dmz: { libvirt: "dmz-1" } };
  const card = { network: "dmz", macAddress: "02:00:00:00:01:01" };

  test("are one for each interface with a fixed address on a libvirt network", () => {
    expect(reservationsOf(SPEC, networks)).toEqual([]);
    const spec = {
      ...SPEC,
      address: "192.168.122.7",
      interfaces: {
        storage: { ...card, address: "10.0.0.7" },
        backup: { ...card, macAddress: "02:00:00:00:01:02" },
        lan: { network: "lan", macAddress: "02:00:00:00:01:03", address: "192.168.1.7" },
        gone: { network: "no-more", macAddress: "02:00:00:00:01:04", address: "192.168.1.8" },
        odd: { network: "constructor", macAddress: "02:00:00:00:01:05", address: "192.168.1.9" },
      },
    };
    expect(reservationsOf(spec, networks)).toEqual([
      { network: "nat-1", macAddress: SPEC.macAddress, address: "192.168.122.7" },
      { network: "dmz-1", macAddress: card.macAddress, address: "10.0.0.7" },
    ]);
  });

  test("are written with our mark, and no value breaks out of its place", () => {
    expect(hostXml({ macAddress: "02:00:00:00:00:01", address: "10.0.0.7" })).toBe(
      `<host mac="02:00:00:00:00:01" id="${RESERVATION_MARK}" ip="10.0.0.7"/>`,
    );
    for (const evil of [`"/><host ip="`, "'/><lease/>", "&e;<x>", "a\nb"]) {
      const xml = hostXml({ macAddress: evil, address: evil });
      expect(XMLValidator.validate(xml)).toBe(true);
      const { host, ...others } = new XMLParser({ ignoreAttributes: false, trimValues: false }).parse(xml);
      expect(others).toEqual({});
      expect(host).toEqual({ "@_mac": evil, "@_id": RESERVATION_MARK, "@_ip": evil });
    }
  });
});
