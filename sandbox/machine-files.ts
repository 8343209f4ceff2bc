import { createHash } from "node:crypto";
import { totalmem } from "node:os";
import { CONFIGURATION_FILE } from "../execute-node/configuration.ts";
import {
  type InstalledFile,
  type InstalledFolder,
  type NodeConfiguration,
  nodeFiles,
  nodeFolders,
} from "../execute-node/install/configuration.ts";
import { configurationText } from "../execute-node/install/options.ts";
import { JOB_ACCOUNT } from "./accounts.ts";
import {
  condorConfiguration,
  guestNetworkXml,
  hostsFile,
  LIBVIRTD_CONFIGURATION,
  offeredMemoryMiB,
  QEMU_CONFIGURATION,
} from "./machine-configuration.ts";
import type { Machine, Sandbox } from "./sandbox.ts";

/** Where an execute node sees the image store. */
export const STORE_MOUNT = "/var/lib/condor-cloud-store";

/** All that a machine has beyond the common root. */
export interface MachineFiles {
  readonly folders: readonly InstalledFolder[];
  readonly files: readonly InstalledFile[];
  /** Changes whenever anything above does. */
  readonly digest: string;
}

const ROOT = "root:root";

/** @param bundle - the text of the execute node's bundle */
export function machineFiles(sandbox: Sandbox, machine: Machine, bundle: string): MachineFiles {
  const memoryMiB = offeredMemoryMiB(totalmem() / 2 ** 20, sandbox.nodes);
  const common = [
    file("/etc/hostname", `${machine.host}\n`),
    file("/etc/hosts", hostsFile(sandbox)),
    file("/etc/resolv.conf", ""),
    file("/etc/condor/config.d/10-sandbox.config", condorConfiguration(sandbox, machine, memoryMiB)),
  ];
  const configuration: NodeConfiguration = {
    store: STORE_MOUNT,
    jobAccount: JOB_ACCOUNT.name,
    memoryMiB,
    // Reachable from the machine that runs the sandbox, and from nowhere else.
    vncListen: machine.address,
  };
  const own =
    machine.guestNetwork === undefined
      ? { folders: [], files: [] }
      : {
          folders: [{ path: STORE_MOUNT, mode: 0o755, owner: ROOT }, ...nodeFolders(configuration)],
          files: [
            file("/etc/libvirt/qemu.conf", QEMU_CONFIGURATION),
            file("/etc/libvirt/libvirtd.conf", LIBVIRTD_CONFIGURATION),
            file("/etc/libvirt/qemu/networks/default.xml", guestNetworkXml(machine.guestNetwork), 0o600),
            file(CONFIGURATION_FILE, configurationText(configuration)),
            ...nodeFiles(configuration, bundle),
          ],
        };
  const all = { folders: own.folders, files: [...common, ...own.files] };
  return { ...all, digest: createHash("sha256").update(JSON.stringify(all)).digest("hex") };
}

function file(path: string, content: string, mode = 0o644): InstalledFile {
  return { path, mode, owner: ROOT, content };
}
