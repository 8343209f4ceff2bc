import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { ImageManifest } from "../../contract/image-manifest.ts";
import { InstanceSpec } from "../../contract/instance-spec.ts";
import { Digest, GlobalJobId } from "../../contract/patterns.ts";
import type { CachedImage } from "./cached-image.ts";
import { isMissing, TEMPORARY_SUFFIX, writeFileAtomically } from "./files.ts";
import type { Log } from "./log.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { run } from "./run.ts";

/** What an instance folder remembers of its machine, so that a new agent can go on where a dead one stopped. */
export const MachineRecord = z.strictObject({
  schema: z.literal(1),
  globalJobId: GlobalJobId,
  /** The job's owner as HTCondor authenticated it: `user@domain`. */
  user: z.string().max(300),
  spec: InstanceSpec,
  image: z.strictObject({
    digest: Digest,
    format: ImageManifest.shape.format,
    architecture: ImageManifest.shape.architecture,
  }),
  /** The DHCP lease of its MAC at that time: an earlier machine's, which this one will renew. */
  leaseBefore: z.string().max(100).optional(),
  /** When the startd began the run of the job that it was prepared for; Unix time in seconds. */
  runStartedAt: z.int().nonnegative().optional(),
  /** The last address that it was heard at. */
  ipAddress: z.union([z.ipv4(), z.ipv6()]).optional(),
  /** Unix time in seconds. */
  preparedAt: z.int().positive(),
  /** Unix time in seconds at which the domain was first seen running. */
  startedAt: z.int().positive().optional(),
});
export type MachineRecord = z.infer<typeof MachineRecord>;

const RECORD_FILE = "machine.json";
const BYTES_PER_GIB = 1024 ** 3;

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

/** The folders of the machines on this node, one each: overlay, console log, record. */
export class InstanceFolders {
  readonly #folder: string;

  readonly #log: Log;
  /** The names of folders whose record cannot be read; a machine may run from them. */
  readonly unreadable = new Set<string>();
  #removals = 0;

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** The overlay of a machine. */
  diskPath(globalJobId: string): string {
    return join(this.#folder, instanceFolderName(globalJobId), "disk.qcow2");
  }

  /** The file that a machine's serial console is written to. */
  consolePath(globalJobId: string): string {
    return join(this.#folder, instanceFolderName(globalJobId), "console.log");
  }

  /**
   * The records of all whole folders. A folder without one was being made, or removed, when its agent died, and goes. One
   * whose record cannot be read stays: a machine may run from it.
   */
  async open(): Promise<MachineRecord[]> {
    const records: MachineRecord[] = [];
    for (const name of await readdir(this.#folder)) {
      try {
        records.push(await this.#read(name));
      } catch (error) {
        if (isMissing(error) || name.endsWith(TEMPORARY_SUFFIX)) {
          await rm(join(this.#folder, name), { recursive: true, force: true });
        } else {
          this.#log(`the record in folder ${name} cannot be read, so the folder stays: ${messageOf(error)}`);
          this.unreadable.add(name);
        }
      }
    }
    return records;
  }

  /**
   * Makes the folder of a machine: a fresh overlay of its image and an empty console log.
   *
   * @param leaseBefore - the DHCP lease that its MAC has already
   * @throws Refusal when the disk asked for is smaller than the image
   */
  async create(
    globalJobId: string,
    user: string,
    spec: InstanceSpec,
    image: CachedImage,
    leaseBefore: string | undefined,
    runStartedAt: number | undefined,
  ): Promise<MachineRecord> {
    const diskBytes = diskSizeBytes(spec, image);
    await this.remove(globalJobId);
    await mkdir(join(this.#folder, instanceFolderName(globalJobId)), { mode: 0o755 });
    try {
      await createOverlay(this.diskPath(globalJobId), image, diskBytes);
      // Made before libvirt does, so that the agent may read what the guest says.
      await writeFile(this.consolePath(globalJobId), "", { flag: "wx", mode: 0o644 });
      const record: MachineRecord = {
        schema: 1,
        globalJobId,
        user,
        spec,
        image: { digest: image.digest, format: image.format, architecture: image.architecture },
        leaseBefore,
        runStartedAt,
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
    const path = join(this.#folder, instanceFolderName(record.globalJobId), RECORD_FILE);
    await writeFileAtomically(path, `${JSON.stringify(record)}\n`);
  }

  /** Removes a machine's folder. libvirt gave the files to other accounts; the folder is ours, so unlinking works. */
  async remove(globalJobId: string): Promise<void> {
    await this.#remove(instanceFolderName(globalJobId));
  }

  /** Removes a folder whose record cannot be read. */
  async removeUnreadable(name: string): Promise<void> {
    if (this.unreadable.has(name)) await this.#remove(name);
  }

  /** Renamed first: a job that comes back meanwhile makes its folder anew beside it. */
  async #remove(name: string): Promise<void> {
    const leaving = join(this.#folder, `${name}.${this.#removals++}${TEMPORARY_SUFFIX}`);
    await rm(leaving, { recursive: true, force: true });
    try {
      await rename(join(this.#folder, name), leaving);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    this.unreadable.delete(name);
    await rm(leaving, { recursive: true, force: true });
  }

  async #read(name: string): Promise<MachineRecord> {
    const record = MachineRecord.parse(JSON.parse(await readFile(join(this.#folder, name, RECORD_FILE), "utf8")));
    if (instanceFolderName(record.globalJobId) === name) return record;
    throw new Error(`it is of job ${record.globalJobId}`);
  }
}

/** The size of a machine's disk: the image's own, or what was asked for where that is more. */
export function diskSizeBytes(spec: InstanceSpec, image: { readonly virtualSizeBytes: number }): number {
  if (spec.size.diskGiB === undefined) return image.virtualSizeBytes;
  const asked = spec.size.diskGiB * BYTES_PER_GIB;
  if (asked >= image.virtualSizeBytes) return asked;
  const needed = Math.ceil(image.virtualSizeBytes / BYTES_PER_GIB);
  throw new Refusal(
    `A disk of ${spec.size.diskGiB} GiB is smaller than its image ${spec.image.split("@")[0]}. Ask for at least ${needed} GiB.`,
  );
}

async function createOverlay(path: string, image: CachedImage, sizeBytes: number): Promise<void> {
  const backing = ["-F", image.format, "-b", image.path];
  try {
    await run("qemu-img", ["create", "-q", "-f", "qcow2", ...backing, path, String(sizeBytes)]);
  } catch (error) {
    throw new Refusal(`This node could not make the machine's disk: ${messageOf(error)}.`, {
      retry: true,
      cause: error,
    });
  }
}
