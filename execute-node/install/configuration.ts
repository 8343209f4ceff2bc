import {
  type NodeConfiguration,
  NodeConfigurationSchema,
  nodePaths,
  type ResolvedNodeConfiguration,
} from "../configuration.ts";
import { refusingDomain } from "../domain/refusing-domain.ts";
import { BACK_TO_IDLE, hookFailure } from "../hooks/prepare.ts";
import { condorConfiguration } from "./condor.ts";

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

/** Where HTCondor reads our configuration: the folder is in LOCAL_CONFIG_DIR of all its packages. */
export const CONDOR_FILE = "/etc/condor/config.d/60-condor-cloud.config";

/** The administrator's command. */
export const COMMAND_FILE = "/usr/sbin/condor-cloud-node";

/**
 * Every file of an execute node but node.json, which is the administrator's.
 *
 * @param bundle - the text of the bundle that `npm run build` makes
 * @throws ZodError when the configuration cannot be used
 */
export function nodeFiles(configuration: NodeConfiguration, bundle: string): InstalledFile[] {
  const resolved = NodeConfigurationSchema.parse(configuration);
  return [
    {
      path: CONDOR_FILE,
      mode: 0o644,
      owner: ROOT,
      content: condorConfiguration(resolved, PROGRAM_FOLDER),
    },
    { path: `${PROGRAM_FOLDER}/${BUNDLE_FILE}`, mode: 0o755, owner: ROOT, content: bundle },
    ...(["agent", "prepare", "domain"] as const).map((command) => wrapper(resolved, command)),
    {
      path: COMMAND_FILE,
      mode: 0o755,
      owner: ROOT,
      content: script(`exec ${resolved.node} ${PROGRAM_FOLDER}/${BUNDLE_FILE} "$@"`),
    },
  ];
}

/** The folders that {@link nodeFiles} and the agent need, parents first. */
export function nodeFolders(configuration: NodeConfiguration): InstalledFolder[] {
  const { stateFolder, condorAccount, jobAccount, qemuGroup } = NodeConfigurationSchema.parse(configuration);
  const paths = nodePaths(stateFolder);
  const agent = `${condorAccount}:${condorAccount}`;
  return [
    { path: "/etc/condor-cloud", mode: 0o755, owner: ROOT },
    { path: PROGRAM_FOLDER, mode: 0o755, owner: ROOT },
    { path: stateFolder, mode: 0o755, owner: agent },
    // QEMU, under an account of its own, walks through these to its disk. Nobody else does: jobs of other users run here.
    { path: paths.cache, mode: 0o750, owner: `${condorAccount}:${qemuGroup}` },
    { path: paths.instances, mode: 0o750, owner: `${condorAccount}:${qemuGroup}` },
    // Guests may print secrets on their consoles.
    { path: paths.consoles, mode: 0o750, owner: agent },
    { path: folderOf(paths.log), mode: 0o755, owner: agent },
    // Who can enter this folder can talk to the agent: the hook's account.
    { path: folderOf(paths.socket), mode: 0o750, owner: `${condorAccount}:${jobAccount}` },
    // And here root alone, for the domain script.
    { path: folderOf(paths.privateSocket), mode: 0o700, owner: agent },
  ];
}

/** HTCondor runs programs by one path without arguments; this is that path. */
function wrapper(configuration: ResolvedNodeConfiguration, command: "agent" | "prepare" | "domain"): InstalledFile {
  const { socket, privateSocket, log } = nodePaths(configuration.stateFolder);
  const run = `${configuration.node} ${PROGRAM_FOLDER}/${BUNDLE_FILE} ${command}`;
  const lines = {
    // What an agent says before its log is open would otherwise be lost: HTCondor keeps no standard error.
    agent: [`exec ${run} 2>>${log}`],
    // A node without working Node.js must not hold every job that comes by.
    prepare: [
      `${run} ${socket} ${configuration.condorAccount} && exit 0`,
      DRAIN,
      printed(hookFailure(BACK_TO_IDLE, HOOK_DIED)),
      "exit 0",
    ],
    // Where this prints nothing or fails, vm-gahp makes a domain of the job's vm_disk and starts it as root.
    domain: [
      `xml=$(${run} ${privateSocket}) && [ -n "$xml" ] && printf '%s\\n' "$xml" && exit 0`,
      DRAIN,
      printed(`${refusingDomain(SCRIPT_DIED)}\n`),
      "exit 0",
    ],
  }[command];
  return {
    path: `${PROGRAM_FOLDER}/${command}`,
    mode: 0o755,
    owner: ROOT,
    content: script(...lines),
  };
}

function script(...lines: string[]): string {
  return ["#!/bin/sh", "# Part of Condor Cloud; written by its installer.", ...lines, ""].join("\n");
}

const HOOK_DIED = "The node's prepare hook died. The job waits for another node, or for this one to recover.";
const SCRIPT_DIED = "the node's domain script died";

/** Whoever writes a job ad to a program that does not read it to its end hangs or fails. */
const DRAIN = "cat >/dev/null";

/** A shell command that prints a text of ours, word for word. */
function printed(text: string): string {
  return `cat <<'END'\n${text}END`;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
