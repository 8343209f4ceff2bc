import { createHash } from "node:crypto";
import { availableParallelism, totalmem } from "node:os";
import { CONFIGURATION_FILE, type NodeConfiguration } from "../execute-node/configuration.ts";
import { BUNDLE_FILE, type InstalledFile, type InstalledFolder } from "../execute-node/install/configuration.ts";
import { managerFile } from "../execute-node/install/manager/configuration.ts";
import { configurationText } from "../execute-node/install/options.ts";
import { DHCP_CONFIGURATION_FILE, DHCP_FOLDER, dhcpConfiguration, NETWORKS } from "./lan.ts";
import {
  condorConfiguration,
  guestNetworkXml,
  hostsFile,
  LIBVIRTD_CONFIGURATION,
  OFFERED_CPUS,
  offeredMemoryMiB,
  QEMU_CONFIGURATION,
} from "./machine-configuration.ts";
import type { Machine, Sandbox } from "./sandbox.ts";

/** Where an execute node sees the image store. */
export const STORE_MOUNT = "/var/lib/condor-cloud-store";

/** Where an execute node has the program that installs it, as an administrator would have copied it. */
export const INSTALLER = `/usr/local/lib/${BUNDLE_FILE}`;

/**
 * All that a machine has beyond the common root. An execute node is made of it by the product's own installer; the manager
 * has the product's one file for managers.
 */
export interface MachineFiles {
  readonly folders: readonly InstalledFolder[];
  readonly files: readonly InstalledFile[];
  /** Changes whenever anything above does. */
  readonly digest: string;
}

const ROOT = "root:root";

/** @param bundle - the text of the execute node's bundle */
export function machineFiles(sandbox: Sandbox, machine: Machine, bundle: string): MachineFiles {
  const common = [
    file("/etc/hostname", `${machine.host}\n`),
    file("/etc/hosts", hostsFile(sandbox)),
    file("/etc/resolv.conf", ""),
    file("/etc/condor/config.d/10-sandbox.config", condorConfiguration(sandbox, machine)),
  ];
  const own =
    machine.guestNetwork === undefined
      ? {
          folders: [{ path: DHCP_FOLDER, mode: 0o755, owner: ROOT }],
          files: [managerFile, file(DHCP_CONFIGURATION_FILE, dhcpConfiguration(sandbox))],
        }
      : {
          folders: [{ path: STORE_MOUNT, mode: 0o755, owner: ROOT }],
          files: [
            file("/etc/libvirt/qemu.conf", QEMU_CONFIGURATION),
            file("/etc/libvirt/libvirtd.conf", LIBVIRTD_CONFIGURATION),
            file("/etc/libvirt/qemu/networks/default.xml", guestNetworkXml(machine.guestNetwork), 0o600),
            file(CONFIGURATION_FILE, configurationText(nodeConfiguration(sandbox, machine))),
            file(INSTALLER, bundle),
          ],
        };
  const all = { folders: own.folders, files: [...common, ...own.files] };
  return { ...all, digest: createHash("sha256").update(JSON.stringify(all)).digest("hex") };
}

/** What the administrator of a sandbox decides about its execute nodes. */
function nodeConfiguration(sandbox: Sandbox, machine: Machine): NodeConfiguration {
  return {
    store: STORE_MOUNT,
    networks: NETWORKS,
    memoryMiB: offeredMemoryMiB(totalmem() / 2 ** 20, sandbox.nodes),
    cpuOvercommit: Math.max(1, OFFERED_CPUS / availableParallelism()),
    // Reachable from the machine that runs the sandbox, and from nowhere else.
    vncListen: machine.address,
  };
}

function file(path: string, content: string, mode = 0o644): InstalledFile {
  return { path, mode, owner: ROOT, content };
}
