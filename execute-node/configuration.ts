import { z } from "zod";
import { DEFAULT_NETWORK } from "../contract/instance-spec.ts";
import { NetworkName } from "../contract/patterns.ts";

/** An absolute path of plain characters: it is written into HTCondor's configuration, domain XML and shell wrappers. */
const AbsolutePath = z
  .string()
  .max(80)
  .regex(
    /^(?:\/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)+$/,
    "must be an absolute path of at most 80 letters, digits and . _ @ + -",
  );

/** A local account or group. */
const Account = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be the name of a local account");

/** A Linux network interface. */
const Interface = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/, "must be the name of a network interface");

/** Where a network name of ours leads to on this node. */
export const NodeNetwork = z.union([
  z.strictObject({
    /** The name of a libvirt network; its DHCP leases tell the guests' addresses. */
    libvirt: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be the name of a libvirt network"),
  }),
  z.strictObject({
    /** A bridge of the node; the kernel's neighbour table tells the guests' addresses. */
    bridge: Interface,
  }),
]);
export type NodeNetwork = z.infer<typeof NodeNetwork>;

/** Whether a folder is another, or lies in it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** What an administrator decides about an execute node: the file /etc/condor-cloud/node.json. */
export const NodeConfigurationSchema = z
  .strictObject({
    /** The folder of the image store, as this node sees it. Read only. */
    store: AbsolutePath,
    /** The agent's own folder: image cache, instances, log, socket. Belongs to HTCondor's account. */
    stateFolder: AbsolutePath.refine(
      (path) => path.lastIndexOf("/") > 0,
      "must be a folder of its own below another, such as /srv/condor-cloud: it is given to HTCondor's account",
    ).default("/var/lib/condor-cloud"),
    /** HTCondor's own account, which the agent runs as; a member of the group `libvirt`. */
    condorAccount: Account.default("condor"),
    /** The account without rights that VM jobs and their prepare hook run as. Its group may talk to the agent. */
    jobAccount: Account.default("cloudvm"),
    /** The group that QEMU's account is in: besides HTCondor's account and root it alone reaches disks and images. */
    qemuGroup: Account.default("kvm"),
    /** The networks that machines may ask for, by the name they ask with. */
    networks: z
      .record(NetworkName, NodeNetwork)
      .refine((networks) => Object.keys(networks).length > 0, "must name at least one network")
      .default({ [DEFAULT_NETWORK]: { libvirt: "default" } }),
    /** The address that VNC consoles listen on. */
    vncListen: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
    /** The memory that the node's machines may take together, in MiB; absent: what HTCondor detected. */
    memoryMiB: z.int().positive().optional(),
    /**
     * How many times its memory the node offers. Above 1 a node whose guests all use what they have swaps, or ends some.
     * The original Condor Cloud (2011) offered four times.
     */
    memoryOvercommit: z.number().min(1).max(16).default(1),
    /** How many times its processors the node offers. */
    cpuOvercommit: z.number().min(1).max(64).default(1),
    /** The most that the image cache may take, in GiB; absent: half of the file system that it lies on. */
    cacheLimitGiB: z.number().positive().max(1_048_576).optional(),
    /** The most that is kept of a serial console, in KiB: a guest may write without end. */
    consoleMaxKiB: z.int().min(16).max(1_048_576).default(1024),
    /** How long a console's log is kept after its machine has ended, in hours. */
    consoleKeepHours: z.number().min(0).max(8760).default(24),
    /** The most machines at once. */
    maxMachines: z.int().min(1).max(1000).default(64),
    /**
     * The most that a guest may take to power off when its owner asked for a graceful removal, in seconds. HTCondor ends it
     * at the next look at its state, too, which it takes every half minute.
     */
    gracefulRemovalSeconds: z.int().min(1).max(3600).default(30),
    /** The folder of QEMU's emulators. */
    emulatorFolder: AbsolutePath.default("/usr/bin"),
    /** Node.js, version 20 or later. */
    node: AbsolutePath.default("/usr/bin/node"),
  })
  .refine(({ store, stateFolder }) => !isWithin(store, stateFolder) && !isWithin(stateFolder, store), {
    path: ["stateFolder"],
    message: "must not lie inside the store, nor the store inside it: a node only reads the store",
  });

/** A node's configuration as it may be written: most fields have defaults. */
export type NodeConfiguration = z.input<typeof NodeConfigurationSchema>;

/** A node's configuration with every default filled in. */
export type ResolvedNodeConfiguration = z.output<typeof NodeConfigurationSchema>;

/** Where a node's configuration lies. */
export const CONFIGURATION_FILE = "/etc/condor-cloud/node.json";

/**
 * Reads a node's configuration from its JSON text.
 *
 * @param file - its name, for the error
 * @throws Error naming each field that cannot be used, what was expected and the file to correct
 */
export function parseNodeConfiguration(text: string, file = CONFIGURATION_FILE): ResolvedNodeConfiguration {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = NodeConfigurationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the whole"}: ${issue.message}`);
  throw new Error(`${file} cannot be used. Correct it:\n  ${issues.join("\n  ")}`);
}

/** The files and folders below a node's state folder. */
export function nodePaths(stateFolder: string) {
  return {
    cache: `${stateFolder}/cache`,
    instances: `${stateFolder}/instances`,
    /** The consoles of machines that have ended. */
    consoles: `${stateFolder}/consoles`,
    log: `${stateFolder}/log/agent.log`,
    /** The update of the machine ad by which the agent has the startd publish. */
    publication: `${stateFolder}/log/publication.ad`,
    /** The domain of a probe, for virsh. */
    probe: `${stateFolder}/log/probe.xml`,
    /** The hook's way to the agent. The folder decides who may connect, so the socket itself need not. */
    socket: `${stateFolder}/socket/agent.sock`,
    /**
     * The domain script's way, which runs as root: a domain holds its console's password, and whatever runs under the
     * hook's account must not get it.
     */
    privateSocket: `${stateFolder}/private/agent.sock`,
  } as const;
}
