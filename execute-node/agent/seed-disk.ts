import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Seed } from "../../contract/seed.ts";
import { metaDataText } from "./meta-data.ts";
import { isOnPath } from "./programs.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { run } from "./run.ts";

/** The commands that can make a seed disk, which take the same arguments; the first that a node has makes it. */
export const SEED_DISK_MAKERS = ["genisoimage", "xorrisofs", "mkisofs"] as const;

/** The volume's name, by which cloud-init finds the disk (cloud-init documentation, "NoCloud"). */
const VOLUME = "cidata";

/** What a seed disk is made of. */
export interface SeedDisk {
  /** The same for this machine always, and another for its successor: by it a guest tells its first boot. */
  readonly instanceId: string;
  /** The machine's name. */
  readonly name: string;
  /** What the job says; absent: the name alone. */
  readonly seed: Seed | undefined;
}

/**
 * Makes a machine's seed disk. It may hold secrets: it is this account's alone, until libvirt gives it to QEMU's, and
 * nothing of it stands on a command line.
 *
 * @param path - where, in a folder of the machine's own
 * @throws Refusal in the command's words, or naming the commands where the node has none
 */
export async function createSeedDisk(path: string, disk: SeedDisk): Promise<void> {
  const work = join(dirname(path), "seed");
  const [content, made] = [join(work, "content"), join(work, "seed.iso")];
  try {
    const maker = await seedDiskMaker();
    for (const folder of [work, content]) await mkdir(folder, { mode: 0o700 });
    for (const [name, text] of Object.entries(seedFiles(disk))) {
      await writeFile(join(content, name), text, { mode: 0o600 });
    }
    // Rock Ridge and Joliet keep the files' names; without them `meta-data` becomes `META_DAT.;1`.
    await run(maker, ["-quiet", "-r", "-J", "-V", VOLUME, "-o", made, content]);
    await chmod(made, 0o600);
    await rename(made, path);
  } catch (cause) {
    throw new Refusal(`This node could not make the machine's seed disk: ${messageOf(cause)}`, { retry: true, cause });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The files of a seed, by name. */
export function seedFiles({ instanceId, name, seed }: SeedDisk): Record<string, string> {
  return {
    "meta-data": metaDataText(instanceId, name, seed?.metaData ?? {}),
    // cloud-init takes a disk without this file for none of its own.
    "user-data": seed?.userData ?? "",
    ...(seed?.networkConfig === undefined ? {} : { "network-config": seed.networkConfig }),
  };
}

async function seedDiskMaker(): Promise<string> {
  for (const command of SEED_DISK_MAKERS) if (await isOnPath(command)) return command;
  throw new Error(
    `it has none of ${SEED_DISK_MAKERS.join(", ")}. Its administrator can install one (package genisoimage or xorriso).`,
  );
}
