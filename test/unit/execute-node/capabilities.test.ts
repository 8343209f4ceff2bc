import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  Capabilities,
  findGuestKinds,
  firmwaresOfAny,
  type GuestKinds,
  parseFirmwares,
  requireGuestKind,
} from "../../../execute-node/agent/capabilities.ts";
import { Refusal } from "../../../execute-node/agent/refusal.ts";

const KINDS: GuestKinds = new Map([
  ["x86_64", ["bios", "uefi"] as const],
  ["i686", ["bios"] as const],
]);

const capabilities = (firmware: string) => `<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path>
  <os supported='yes'>
    ${firmware}
    <loader supported='yes'>
      <value>/usr/share/OVMF/OVMF_CODE_4M.fd</value>
      <enum name='type'><value>rom</value><value>pflash</value></enum>
    </loader>
  </os>
  <cpu><mode name='custom'><enum name='firmware'><value>efi</value></enum></mode></cpu>
</domainCapabilities>`;

test.each([
  ["<enum name='firmware'><value>efi</value></enum>", ["bios", "uefi"]],
  ["<enum name='firmware'><value>bios</value><value>efi</value></enum>", ["bios", "uefi"]],
  ["<enum name='firmware'/>", ["bios"]],
  ["<enum name='other'><value>efi</value></enum><enum name='firmware'><value>bios</value></enum>", ["bios"]],
  ["<enum name='other'/>", ["bios"]],
])("UEFI is offered where libvirt can choose one: %s", (firmware, expected) => {
  expect(parseFirmwares(capabilities(firmware))).toEqual(expected);
});

test("an answer that is none of libvirt's is no statement", () => {
  for (const answer of ["", "<other/>", "<domainCapabilities/>"]) expect(() => parseFirmwares(answer)).toThrow();
});

test("a node without emulators runs no guests", async () => {
  const folder = await mkdtemp(join(tmpdir(), "capabilities-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  expect([...(await findGuestKinds(folder, "qemu"))]).toEqual([]);
});

test("the node's firmwares are those of any of its architectures", () => {
  expect(firmwaresOfAny(KINDS)).toEqual(["bios", "uefi"]);
  expect(firmwaresOfAny(new Map([["i686", ["bios"]]]))).toEqual(["bios"]);
  expect(firmwaresOfAny(new Map())).toEqual([]);
});

test("an image that the node cannot run is refused with what it can, and not sent around the pool", () => {
  requireGuestKind(KINDS, { name: "web", architecture: "x86_64", firmware: "uefi" });
  const refuse = () => requireGuestKind(KINDS, { name: "old", architecture: "i686", firmware: "uefi" });
  expect(refuse).toThrow("Image old is for i686 with uefi. This node runs x86_64 with bios or uefi, i686 with bios.");
  expect(refuse).toThrow(expect.objectContaining({ retry: false }));
  expect(() => requireGuestKind(new Map(), { name: "web", architecture: "x86_64", firmware: "bios" })).toThrow(Refusal);
});

test("libvirt is asked once, again when it failed, and again after it was silent", async () => {
  let asked = 0;
  const answers = new Capabilities(async () => {
    asked += 1;
    if (asked === 1) throw new Error("silent");
    return KINDS;
  });
  await expect(Promise.all([answers.guestKinds(), answers.guestKinds()])).rejects.toThrow("silent");
  expect(await answers.guestKinds()).toBe(KINDS);
  expect(await answers.guestKinds()).toBe(KINDS);
  expect(asked).toBe(2);
  answers.forget();
  await answers.guestKinds();
  expect(asked).toBe(3);
});
