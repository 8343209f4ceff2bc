import { readdir, readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { VIRSH } from "../../agent/libvirt.ts";
import type { NodeNetwork } from "../../configuration.ts";
import { runAs } from "../accounts.ts";
import { runPatiently } from "../patient-run.ts";
import { type Check, failed, type Judgement, ok, warning } from "./check.ts";

/** Where QEMU's firmwares describe themselves (QEMU, docs/interop/firmware.json), an administrator's before a package's. */
const FIRMWARE_FOLDERS = ["/etc/qemu/firmware", "/usr/share/qemu/firmware"];

const QEMU_CONFIGURATION = "/etc/libvirt/qemu.conf";

/** libvirt, and what it makes machines of. */
export const virtualizationChecks: readonly Check[] = [
  {
    name: "libvirt",
    judge: async ({ condorAccount }) => {
      try {
        await runAs(condorAccount, "virsh", [...VIRSH, "uri"]);
        return judgeLibvirt(condorAccount, (await runPatiently("virsh", ["--version"])).trim());
      } catch (error) {
        return judgeLibvirt(condorAccount, undefined, error instanceof Error ? error.message : String(error));
      }
    },
  },
  {
    name: "KVM",
    judge: async ({ condorAccount }) =>
      judgeKvm(
        await readFile("/proc/cpuinfo", "utf8"),
        await runAs(condorAccount, "test", ["-r", "/dev/kvm", "-a", "-w", "/dev/kvm"]).then(
          () => true,
          () => false,
        ),
      ),
  },
  { name: "UEFI", judge: async () => judgeFirmwares(await firmwareTexts()) },
  {
    name: "consoles",
    judge: async () => judgeConsoles(await readFile(QEMU_CONFIGURATION, "utf8").catch(() => "")),
  },
  {
    name: "networks",
    judge: async ({ networks }) =>
      judgeNetworks(networks, await runPatiently("virsh", [...VIRSH, "net-list", "--all"]), await bridges()),
  },
  {
    name: "VNC",
    judge: ({ vncListen }) =>
      judgeVnc(
        vncListen,
        Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)),
      ),
  },
];

/** @param version - undefined: HTCondor's account got no answer, for this reason */
export function judgeLibvirt(account: string, version: string | undefined, why = ""): Judgement {
  if (version !== undefined) return ok(`${version}, answers ${account}`);
  return failed(
    `does not answer ${account}: ${why}`,
    "Start it (systemctl enable --now libvirtd, or virtqemud.socket and virtnetworkd.socket), and let the group " +
      "libvirt use its socket: unix_sock_group and unix_sock_rw_perms in libvirtd.conf, or polkit's own rule.",
  );
}

/** @param isUsable - whether HTCondor's account may read and write /dev/kvm */
export function judgeKvm(cpuinfo: string, isUsable: boolean): Judgement {
  if (!isUsable) {
    return failed(
      "HTCondor's account cannot use /dev/kvm",
      "Load the module (modprobe kvm_intel or kvm_amd), and see that the group kvm has the device. HTCondor's vm-gahp " +
        "starts no machine without it, not even an emulated one.",
    );
  }
  if (/^flags\s*:.*\b(?:vmx|svm)\b/m.test(cpuinfo)) return ok("the processor has it");
  return warning(
    "the processor shows no virtualization, so machines are emulated and slow",
    "Switch it on in the firmware's setup; in a virtual machine, let its host pass it on (nested virtualization).",
  );
}

/** @param descriptions - the texts of QEMU's firmware descriptions */
export function judgeFirmwares(descriptions: readonly string[]): Judgement {
  const isUefi = (text: string) => /"uefi"/.test(text) && /"x86_64"/.test(text);
  if (descriptions.some(isUefi)) return ok("there is a firmware for x86_64");
  return warning("no firmware, so images that need UEFI do not run here", "Install the package ovmf or edk2-ovmf.");
}

/** @param text - the text of qemu.conf */
export function judgeConsoles(text: string): Judgement {
  if (/^\s*stdio_handler\s*=\s*"file"/m.test(text)) return ok("the agent bounds what a guest writes");
  return warning(
    "virtlogd writes them, and bounds them by its own limits",
    `Of a guest that writes much, only the newest part is kept, readable by root. With stdio_handler = "file" in\n` +
      `${QEMU_CONFIGURATION} (then restart libvirt) the agent bounds them itself, and shows them whole.`,
  );
}

/**
 * @param list - what `virsh net-list --all` printed
 * @param bridges - the bridges of this machine
 */
export function judgeNetworks(
  networks: Readonly<Record<string, NodeNetwork>>,
  list: string,
  bridges: readonly string[],
): Judgement {
  const rows = new Map(
    list.split("\n").flatMap((line) => {
      const [name = "", state, autostart] = line.trim().split(/\s+/);
      return state === "active" || state === "inactive" ? [[name, { state, autostart }] as const] : [];
    }),
  );
  const missing: string[] = [];
  const remedies: string[] = [];
  for (const [name, network] of Object.entries(networks)) {
    if ("bridge" in network) {
      if (bridges.includes(network.bridge)) continue;
      missing.push(`${name} (no bridge ${network.bridge})`);
      remedies.push(`Make the bridge ${network.bridge}: see "Networks" in the guide.`);
      continue;
    }
    const row = rows.get(network.libvirt);
    if (row?.state === "active" && row.autostart === "yes") continue;
    missing.push(`${name} (${row === undefined ? "no" : `${row.state},`} libvirt network ${network.libvirt})`);
    if (row === undefined) remedies.push(`virsh net-define FILE, for the network ${network.libvirt}`);
    if (row?.state !== "active") remedies.push(`virsh net-start ${network.libvirt}`);
    remedies.push(`virsh net-autostart ${network.libvirt}`);
  }
  if (missing.length === 0) return ok(Object.keys(networks).join(", "));
  const works = missing.every((words) => words.includes("(active,"));
  return works
    ? warning(`not started at boot: ${missing.join(", ")}`, remedies.join("\n"))
    : failed(`not there: ${missing.join(", ")}`, remedies.join("\n"));
}

/** @param addresses - this machine's own */
export function judgeVnc(listen: string, addresses: readonly string[]): Judgement {
  if (listen === "::1" || listen.startsWith("127.")) return ok(`${listen}: reached from this machine alone`);
  const isOurs = listen === "0.0.0.0" || listen === "::" || addresses.includes(listen);
  if (isOurs) return ok(`${listen}: reached from the network, each machine with a password of its own`);
  return failed(
    `${listen} is no address of this machine`,
    `Correct "vncListen" in node.json: no machine could start. This machine has ${addresses.join(", ")}.`,
  );
}

async function firmwareTexts(): Promise<string[]> {
  const folders = await Promise.all(
    FIRMWARE_FOLDERS.map(async (folder) =>
      (await readdir(folder).catch(() => []))
        .filter((name) => name.endsWith(".json"))
        .map((name) => join(folder, name)),
    ),
  );
  return Promise.all(folders.flat().map((path) => readFile(path, "utf8").catch(() => "")));
}

async function bridges(): Promise<string[]> {
  const names = await readdir("/sys/class/net");
  const found = await Promise.all(
    names.map(async (name) => ((await readdir(`/sys/class/net/${name}/bridge`).catch(() => undefined)) ? [name] : [])),
  );
  return found.flat();
}
