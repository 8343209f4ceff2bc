import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { Firmware, ImageManifest, MachineType } from "../../contract/image-manifest.ts";
import { InstanceSpec } from "../../contract/instance-spec.ts";
import { MAIN_INTERFACE } from "../../contract/interfaces.ts";
import { GuestReport, InterfaceAddresses, MachineReport } from "../../contract/node-report.ts";
import { Digest, GlobalJobId, InterfaceName } from "../../contract/patterns.ts";
import type { Seed } from "../../contract/seed.ts";
import type { CachedImage } from "./cached-image.ts";
import { CONSOLE_FILE } from "./console-log.ts";
import type { Consoles } from "./consoles.ts";
import { isMissing, TEMPORARY_SUFFIX, writeFileAtomically } from "./files.ts";
import type { Log } from "./log.ts";
import { createOverlay, diskSizeBytes } from "./overlay.ts";
import { messageOf } from "./refusal.ts";
import { createSeedDisk } from "./seed-disk.ts";

const Lease = z.string().max(100);
const LeasesBefore = z.record(InterfaceName, Lease);
export type LeasesBefore = z.infer<typeof LeasesBefore>;

/** What an instance folder remembers of its machine, so that a new agent can go on where a dead one stopped. */
export const MachineRecord = z.strictObject({
  schema: z.literal(1),
  globalJobId: GlobalJobId,
  /** The job's owner as HTCondor authenticated it: `user@domain`. */
  user: z.string().max(300),
  // Before machines could stop gracefully, none did.
  spec: InstanceSpec.extend({ gracefulStop: InstanceSpec.shape.gracefulStop.default(false) }),
  image: z.strictObject({
    digest: Digest,
    format: ImageManifest.shape.format,
    architecture: ImageManifest.shape.architecture,
    // What all machines were before it was written down.
    firmware: Firmware.default("bios"),
    machineType: MachineType.default("pc"),
  }),
  /** What the VNC console asks for; absent where only the node itself reaches it. Kept here alone. */
  vncPassword: z.string().max(8).optional(),
  /** The same, sealed for the machine's owner, who gave the key for it; absent where nobody did. */
  sealedVncPassword: MachineReport.shape.sealedVncPassword,
  /**
   * The DHCP lease of each interface's MAC at that time, by the interface's name: an earlier machine's, which this one will
   * renew. Machines with one interface alone were prepared with the lease itself.
   */
  leaseBefore: z
    .union([LeasesBefore, Lease.transform((lease): LeasesBefore => ({ [MAIN_INTERFACE]: lease }))])
    .optional(),
  /** That it has a seed disk, as all have but those of an earlier version. What it says is in the disk alone. */
  seedDisk: z.literal(true).optional(),
  /** What cloud-init came to in the end. */
  guest: GuestReport.pick({ cloudInit: true, errors: true }).optional(),
  /** The file of the job's scratch directory that its owner reads the console from; absent where there is none. */
  consoleCopy: z.string().max(4096).optional(),
  /** When the startd began the run of the job that it was prepared for; Unix time in seconds. */
  runStartedAt: z.int().nonnegative().optional(),
  /** The addresses that it was last heard at. */
  addresses: InterfaceAddresses.optional(),
  /** The same of its main interface, as it was written before. */
  ipAddress: z.union([z.ipv4(), z.ipv6()]).optional(),
  /** Unix time in seconds. */
  preparedAt: z.int().positive(),
  /** Unix time in seconds at which the domain was first seen running. */
  startedAt: z.int().positive().optional(),
});
export type MachineRecord = z.infer<typeof MachineRecord>;

/** What a new machine is made of. */
export interface NewMachine
  extends Pick<
    MachineRecord,
    "globalJobId" | "user" | "spec" | "runStartedAt" | "vncPassword" | "sealedVncPassword" | "consoleCopy"
  > {
  readonly image: CachedImage;
  /** What the guest is told; absent: its name alone. */
  readonly seed: Seed | undefined;
  /** Awaited while the disk is made; must not fail. */
  readonly leaseBefore: Promise<LeasesBefore>;
}

/** The names of instance folders, {@link instanceFolderName}, and of those on their way out. */
const FOLDER_NAME = /^\d+\.\d+-[0-9a-f]{16}(?:\..+\.tmp)?$/;

const RECORD_FILE = "machine.json";

/** For this account alone: a record may hold a password. */
const RECORD_MODE = 0o600;

/** The end of the name that vm-gahp gives a job's domain: `<owner>_<domain>_<cluster>.<proc>`. */
export function domainSuffix(jobId: string): string {
  return `_${jobId}`;
}

/**
 * The name of a job's instance folder: its number for people, and a digest of the whole GlobalJobId, so that jobs of
 * two access points, or of a pool before and after it was rebuilt, never meet, whatever characters they are made of.
 */
export function instanceFolderName(globalJobId: string): string {
  const digest = createHash("sha256").update(globalJobId).digest("hex").slice(0, 16);
  return `${jobIdOf(globalJobId)}-${digest}`;
}

/** The folders of the machines on this node, one each: overlay, seed disk, console log, record. */
export class InstanceFolders {
  readonly #folder: string;
  readonly #consoles: Consoles;
  readonly #log: Log;
  /** The names of folders whose record cannot be read; a machine may run from them. */
  readonly unreadable = new Set<string>();

  constructor(folder: string, consoles: Consoles, log: Log) {
    this.#folder = folder;
    this.#consoles = consoles;
    this.#log = log;
  }

  /** The folder of a machine. */
  pathOf(globalJobId: string): string {
    return join(this.#folder, instanceFolderName(globalJobId));
  }

  /** The overlay of a machine. */
  diskPath(globalJobId: string): string {
    return join(this.pathOf(globalJobId), "disk.qcow2");
  }

  /** The disk that tells the guest what it is to be. */
  seedDiskPath(globalJobId: string): string {
    return join(this.pathOf(globalJobId), "seed.iso");
  }

  /** The file that a machine's serial console is written to. */
  consolePath(globalJobId: string): string {
    return join(this.pathOf(globalJobId), CONSOLE_FILE);
  }

  /** The file that a machine's UEFI keeps its variables in. It is libvirt that makes it. */
  nvramPath(globalJobId: string): string {
    return join(this.pathOf(globalJobId), "nvram.fd");
  }

  /**
   * The records of all whole folders. A folder without one was being made, or removed, when its agent died, and goes. One
   * whose record cannot be read stays: a machine may run from it. What else lies here, such as lost+found, is not ours.
   */
  async open(): Promise<MachineRecord[]> {
    const records: MachineRecord[] = [];
    for (const name of await readdir(this.#folder)) {
      if (!FOLDER_NAME.test(name)) continue;
      try {
        records.push(await this.#read(name));
      } catch (error) {
        if (isMissing(error) || name.endsWith(TEMPORARY_SUFFIX)) {
          await this.#clear(name);
        } else {
          this.#log(`the record in folder ${name} cannot be read, so the folder stays: ${messageOf(error)}`);
          this.unreadable.add(name);
        }
      }
    }
    return records;
  }

  /**
   * Makes the folder of a machine: a fresh overlay of its image, its seed disk and an empty console log.
   *
   * @throws Refusal when the disk asked for is smaller than the image, or one cannot be made
   */
  async create({ image, seed, leaseBefore, ...machine }: NewMachine): Promise<MachineRecord> {
    const { globalJobId } = machine;
    const diskBytes = diskSizeBytes(machine.spec, image);
    await this.remove(globalJobId);
    await mkdir(this.pathOf(globalJobId), { mode: 0o755 });
    try {
      const { digest, format, architecture, firmware, machineType } = image;
      const [lease] = await Promise.all([
        leaseBefore,
        createOverlay(this.diskPath(globalJobId), image, diskBytes),
        createSeedDisk(this.seedDiskPath(globalJobId), {
          instanceId: `i-${instanceFolderName(globalJobId)}`,
          name: machine.spec.name,
          seed,
        }),
        this.#consoles.create(this.pathOf(globalJobId)),
      ]);
      const record: MachineRecord = {
        schema: 1,
        ...machine,
        image: { digest, format, architecture, firmware, machineType },
        leaseBefore: lease,
        seedDisk: true,
        preparedAt: Math.floor(Date.now() / 1000),
      };
      await this.write(record);
      return record;
    } catch (error) {
      await this.remove(globalJobId);
      throw error;
    }
  }

  /** Writes a machine's record anew. */
  async write(record: MachineRecord): Promise<void> {
    const path = join(this.pathOf(record.globalJobId), RECORD_FILE);
    await writeFileAtomically(path, `${JSON.stringify(record)}\n`, RECORD_MODE);
  }

  /**
   * Removes a machine's folder, and keeps its console. libvirt gave the files to other accounts; the folder is ours, so
   * unlinking works.
   */
  async remove(globalJobId: string): Promise<void> {
    await this.#remove(instanceFolderName(globalJobId), globalJobId);
  }

  /** Removes a folder whose record cannot be read. */
  async removeUnreadable(name: string): Promise<void> {
    if (this.unreadable.has(name)) await this.#remove(name);
  }

  async #clear(name: string): Promise<void> {
    try {
      await rm(join(this.#folder, name), { recursive: true, force: true });
    } catch (error) {
      this.#log(`folder ${name}, which no machine uses, cannot be removed: ${messageOf(error)}`);
    }
  }

  /**
   * Renamed first, and at once: a job that comes back meanwhile makes its folder anew beside it. The new name is nobody
   * else's, neither another removal's nor what an earlier agent left.
   */
  async #remove(name: string, globalJobId?: string): Promise<void> {
    const leaving = join(this.#folder, `${name}.${randomUUID()}${TEMPORARY_SUFFIX}`);
    try {
      await rename(join(this.#folder, name), leaving);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    this.unreadable.delete(name);
    if (globalJobId !== undefined) await this.#consoles.keep(globalJobId, name, leaving);
    await rm(leaving, { recursive: true, force: true });
  }

  async #read(name: string): Promise<MachineRecord> {
    const record = MachineRecord.parse(JSON.parse(await readFile(join(this.#folder, name, RECORD_FILE), "utf8")));
    if (instanceFolderName(record.globalJobId) === name) return record;
    throw new Error(`it is of job ${record.globalJobId}`);
  }
}
