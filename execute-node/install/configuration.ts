import {
  CONFIGURATION_FILE,
  type NodeConfiguration,
  NodeConfigurationSchema,
  nodePaths,
  type ResolvedNodeConfiguration,
} from "../configuration.ts";
import { condorConfiguration } from "./condor.ts";

export type { NodeConfiguration } from "../configuration.ts";

/** A file that makes a machine an execute node. */
export interface InstalledFile {
  readonly path: string;
  readonly mode: number;
  /** `user:group`. */
  readonly owner: string;
  readonly content: string;
}

/** A folder that must exist before the agent starts. */
export interface InstalledFolder {
  readonly path: string;
  readonly mode: number;
  /** `user:group`. */
  readonly owner: string;
}

/** The folder of our programs. */
export const PROGRAM_FOLDER = "/usr/lib/condor-cloud";

/** The bundle's file name; the ending tells Node.js that it is CommonJS. */
export const BUNDLE_FILE = "condor-cloud-node.cjs";

const ROOT = "root:root";

/**
 * Every file of an execute node. `condor_reconfig` is not enough after a change: restart the startd, or better, install
 * before it starts.
 *
 * @param bundle - the text of the bundle that `npm run build` makes
 * @throws ZodError when the configuration cannot be used
 */
export function nodeFiles(configuration: NodeConfiguration, bundle: string): InstalledFile[] {
  const resolved = NodeConfigurationSchema.parse(configuration);
  return [
    {
      path: "/etc/condor/config.d/60-condor-cloud.config",
      mode: 0o644,
      owner: ROOT,
      content: condorConfiguration(resolved, PROGRAM_FOLDER),
    },
    { path: CONFIGURATION_FILE, mode: 0o644, owner: ROOT, content: `${JSON.stringify(resolved, undefined, 2)}\n` },
    { path: `${PROGRAM_FOLDER}/${BUNDLE_FILE}`, mode: 0o755, owner: ROOT, content: bundle },
    ...(["agent", "prepare", "domain"] as const).map((command) => wrapper(resolved, command)),
  ];
}

/** The folders that {@link nodeFiles} and the agent need, parents first. */
export function nodeFolders(configuration: NodeConfiguration): InstalledFolder[] {
  const { stateFolder, condorAccount, jobAccount } = NodeConfigurationSchema.parse(configuration);
  const paths = nodePaths(stateFolder);
  const agent = `${condorAccount}:${condorAccount}`;
  return [
    { path: "/etc/condor-cloud", mode: 0o755, owner: ROOT },
    { path: PROGRAM_FOLDER, mode: 0o755, owner: ROOT },
    // QEMU, under an account of its own, walks through these to its disk.
    { path: stateFolder, mode: 0o755, owner: agent },
    { path: paths.cache, mode: 0o755, owner: agent },
    { path: paths.instances, mode: 0o755, owner: agent },
    { path: folderOf(paths.log), mode: 0o755, owner: agent },
    // Who can enter this folder can talk to the agent: the hook's account, and root for the domain script.
    { path: folderOf(paths.socket), mode: 0o750, owner: `${condorAccount}:${jobAccount}` },
  ];
}

/** HTCondor runs programs by one path without arguments; this is that path. */
function wrapper(configuration: ResolvedNodeConfiguration, command: "agent" | "prepare" | "domain"): InstalledFile {
  const { socket, log } = nodePaths(configuration.stateFolder);
  // What an agent says before its log is open would otherwise be lost: HTCondor keeps no standard error.
  const rest = command === "agent" ? `2>>${log}` : socket;
  return {
    path: `${PROGRAM_FOLDER}/${command}`,
    mode: 0o755,
    owner: ROOT,
    content: `#!/bin/sh
# Part of Condor Cloud; written by its installer.
exec ${configuration.node} ${PROGRAM_FOLDER}/${BUNDLE_FILE} ${command} ${rest}
`,
  };
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
