import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, test } from "vitest";
import { parseDomain } from "../../../execute-node/agent/libvirt.ts";
import { type Domain, domainXml } from "../../../execute-node/domain/domain-xml.ts";
import { refusingDomain } from "../../../execute-node/domain/refusing-domain.ts";

const DOMAIN: Domain = {
  name: "cloud_pool.test_7.0",
  globalJobId: "ap.pool.test#7.0#1764000000",
  acceleration: "qemu",
  architecture: "x86_64",
  machineType: "q35",
  firmware: "bios",
  nvramPath: "/var/lib/condor-cloud/instances/7.0-0123456789abcdef/nvram.fd",
  emulatorFolder: "/usr/bin",
  memoryMiB: 512,
  vcpus: 2,
  diskPath: "/var/lib/condor-cloud/instances/7.0-0123456789abcdef/disk.qcow2",
  image: { path: `/var/lib/condor-cloud/cache/${"a".repeat(64)}`, format: "raw" },
  seedDiskPath: "/var/lib/condor-cloud/instances/7.0-0123456789abcdef/seed.iso",
  consolePath: "/var/lib/condor-cloud/instances/7.0-0123456789abcdef/console.log",
  interfaces: [{ network: { libvirt: "default" }, macAddress: "02:00:00:00:00:01" }],
  watchdog: undefined,
  vncListen: "127.0.0.1",
  vncPassword: undefined,
};

test("a domain is written out by value", () => {
  expect(domainXml(DOMAIN)).toBe(
    '<domain type="qemu"><name>cloud_pool.test_7.0</name>' +
      '<metadata><cloud:instance xmlns:cloud="urn:pulumi-condor:instance:1" globalJobId="ap.pool.test#7.0#1764000000"/></metadata>' +
      '<memory unit="MiB">512</memory><vcpu>2</vcpu><os><type arch="x86_64" machine="q35">hvm</type></os>' +
      '<features><acpi/><apic/><tcg><tb-cache unit="MiB">64</tb-cache></tcg></features><clock offset="utc"/>' +
      "<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>" +
      "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>" +
      '<disk type="file" device="disk"><driver name="qemu" type="qcow2" cache="unsafe" discard="unmap"/>' +
      '<source file="/var/lib/condor-cloud/instances/7.0-0123456789abcdef/disk.qcow2"/>' +
      `<backingStore type="file"><format type="raw"/><source file="/var/lib/condor-cloud/cache/${"a".repeat(64)}"/><backingStore/></backingStore>` +
      '<target dev="vda" bus="virtio"/><boot order="1"/></disk>' +
      '<disk type="file" device="disk"><driver name="qemu" type="raw"/>' +
      '<source file="/var/lib/condor-cloud/instances/7.0-0123456789abcdef/seed.iso"/><backingStore/>' +
      '<target dev="vdb" bus="virtio"/><readonly/></disk>' +
      '<interface type="network"><source network="default"/><mac address="02:00:00:00:00:01"/><model type="virtio"/><rom enabled="no"/></interface>' +
      '<serial type="file"><source path="/var/lib/condor-cloud/instances/7.0-0123456789abcdef/console.log" append="on"/><target port="0"/></serial>' +
      '<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>' +
      '<graphics type="vnc" port="-1" autoport="yes" listen="127.0.0.1"/><video><model type="vga"/></video>' +
      '<rng model="virtio"><backend model="random">/dev/urandom</backend></rng><memballoon model="none"/>' +
      '<controller type="usb" model="none"/></devices></domain>',
  );
});

test("a machine on a bridge, of another architecture, with KVM", () => {
  const xml = domainXml({
    ...DOMAIN,
    acceleration: "kvm",
    architecture: "i686",
    machineType: "pc",
    interfaces: [{ network: { bridge: "br0" }, macAddress: "02:00:00:00:00:01" }],
  });
  expect(xml).toContain('<domain type="kvm">');
  expect(xml).toContain('<cpu mode="host-passthrough"/>');
  expect(xml).toContain('<interface type="bridge"><source bridge="br0"/>');
  expect(xml).toContain('<type arch="i686" machine="pc">hvm</type>');
  expect(xml).toContain("/usr/bin/qemu-system-i386");
  expect(xml).not.toContain("tb-cache");
});

test("a machine of an earlier version keeps its one disk", () => {
  expect(domainXml({ ...DOMAIN, seedDiskPath: undefined }).match(/<disk /g)).toHaveLength(1);
});

test("a machine has its network cards in their order, each on its network", () => {
  const interfaces = [
    { network: { libvirt: "default" }, macAddress: "02:00:00:00:00:09" },
    { network: { bridge: "br0" }, macAddress: "02:00:00:00:00:01" },
    { network: { libvirt: "default" }, macAddress: "02:00:00:00:00:05" },
  ];
  const parsed = new XMLParser({ ignoreAttributes: false }).parse(domainXml({ ...DOMAIN, interfaces }));
  expect(parsed.domain.devices.interface).toMatchObject([
    { "@_type": "network", source: { "@_network": "default" }, mac: { "@_address": "02:00:00:00:00:09" } },
    { "@_type": "bridge", source: { "@_bridge": "br0" }, mac: { "@_address": "02:00:00:00:00:01" } },
    { "@_type": "network", source: { "@_network": "default" }, mac: { "@_address": "02:00:00:00:00:05" } },
  ]);
});

test("a UEFI machine has a firmware without Secure Boot, and its variables in its own folder", () => {
  expect(domainXml({ ...DOMAIN, firmware: "uefi" })).toContain(
    '<os firmware="efi"><type arch="x86_64" machine="q35">hvm</type>' +
      '<firmware><feature enabled="no" name="secure-boot"/><feature enabled="no" name="enrolled-keys"/></firmware>' +
      "<nvram>/var/lib/condor-cloud/instances/7.0-0123456789abcdef/nvram.fd</nvram></os>",
  );
});

test("a watchdog and a console's password are there where they are asked for", () => {
  const xml = domainXml({ ...DOMAIN, watchdog: "poweroff", vncListen: "0.0.0.0", vncPassword: "s3cretPw" });
  expect(xml).toContain('<watchdog model="i6300esb" action="poweroff"/>');
  expect(xml).toContain('<graphics type="vnc" port="-1" autoport="yes" listen="0.0.0.0" passwd="s3cretPw"/>');
  expect(domainXml(DOMAIN)).not.toMatch(/watchdog|passwd/);
});

test("labels of SELinux and profiles of AppArmor are left to libvirt", () => {
  expect(domainXml(DOMAIN)).not.toContain("seclabel");
});

// The parsers in front admit none of these; the builder must still not depend on them.
test.each([
  `"/><disk type="file"><source file="/etc/shadow"/></disk><x y="`,
  `'/><source file='/etc/shadow'/>`,
  "]]><disk/>",
  "</name><devices><disk/></devices><name>",
  "&lt;disk&gt;&#60;disk/&#62;<disk/>",
  "<!-- --><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/shadow'>]>&e;",
  `a\nb" onload='x' passwd="`,
])("no value breaks out of its place: %s", (evil) => {
  const xml = domainXml({
    ...DOMAIN,
    name: evil,
    globalJobId: evil,
    diskPath: evil,
    seedDiskPath: evil,
    consolePath: evil,
    nvramPath: evil,
    firmware: "uefi",
    vncPassword: evil,
    vncListen: evil,
    image: { path: evil, format: "raw" },
    interfaces: [{ network: { libvirt: evil }, macAddress: evil }],
  });
  expect(XMLValidator.validate(xml)).toBe(true);
  const parsed = new XMLParser({ ignoreAttributes: false, trimValues: false }).parse(xml);
  expect(parsed.domain.name).toBe(evil);
  expect(Object.keys(parsed.domain.devices).filter((name) => name === "disk" || name === "hostdev")).toEqual(["disk"]);
  const files = parsed.domain.devices.disk.map((disk: { source: { "@_file": string } }) => disk.source["@_file"]);
  expect(files).toEqual([parsed.domain.name, parsed.domain.name]);
});

test("a domain's live XML tells its job, its bridges, whether its guest agent listens, and its VNC address", () => {
  const live = domainXml(DOMAIN)
    .replace('port="-1"', 'port="5903"')
    .replace('network="default"', 'network="default" bridge="virbr0"')
    .replace('name="org.qemu.guest_agent.0"', 'name="org.qemu.guest_agent.0" state="connected"')
    .replace("</metadata>", '<other:thing xmlns:other="urn:other" globalJobId="x#1.0#1"/></metadata>');
  expect(parseDomain(live)).toEqual({
    globalJobId: DOMAIN.globalJobId,
    bridges: new Map([["02:00:00:00:00:01", "virbr0"]]),
    hasAgent: true,
    vncAddress: "127.0.0.1:5903",
  });
});

test("a guest agent listens where libvirt says so of its own channel", () => {
  for (const [from, to] of [
    ['name="org.qemu.guest_agent.0"', 'name="org.qemu.guest_agent.0" state="disconnected"'],
    ['name="org.qemu.guest_agent.0"', 'name="com.redhat.spice.0" state="connected"'],
  ] as const) {
    expect(parseDomain(domainXml(DOMAIN).replace(from, to))).toMatchObject({ hasAgent: false });
  }
});

test("a VNC console has no address before its port is chosen", () => {
  expect(parseDomain(domainXml(DOMAIN))).toMatchObject({ globalJobId: DOMAIN.globalJobId, vncAddress: undefined });
});

test("an IPv6 VNC address is bracketed", () => {
  const live = domainXml({ ...DOMAIN, vncListen: "::1" }).replace('port="-1"', 'port="5900"');
  expect(parseDomain(live)).toMatchObject({ vncAddress: "[::1]:5900" });
});

test("a domain of somebody else is none of ours", () => {
  expect(parseDomain("<domain type='kvm'><name>x</name><devices/></domain>")).toBe("foreign");
  expect(parseDomain("<domain><metadata><instance globalJobId='a#1.0#1'/></metadata><devices/></domain>")).toBe(
    "foreign",
  );
  expect(parseDomain("")).toBe("foreign");
});

test("a domain that has our metadata and not our form is no stranger's", () => {
  const broken = domainXml(DOMAIN).replace(DOMAIN.globalJobId, "none");
  expect(() => parseDomain(broken)).toThrow("cannot be understood");
});

test.each([`'/><source file='/etc/shadow`, "\n\n", "a".repeat(5000), "ümlaut & <tag>", "../../etc"])(
  "the refusing domain leads nowhere, whatever the reason: %s",
  (reason) => {
    const xml = refusingDomain(reason);
    expect(XMLValidator.validate(xml)).toBe(true);
    const { devices } = new XMLParser({ ignoreAttributes: false }).parse(xml).domain;
    expect(devices.disk.source["@_file"]).toMatch(/^\/nonexistent\/condor-cloud: [^/]*: image is not in qcow2 format$/);
    expect(Object.keys(devices)).toEqual(["disk"]);
  },
);
