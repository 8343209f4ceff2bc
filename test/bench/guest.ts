import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Reporter } from "../../sandbox/actions/action.ts";
import { smallGuest } from "../../sandbox/guest/small-guest.ts";

/**
 * What boots in the machines. `halting`: a boot sector that halts the processor, so that what is measured is not how
 * many emulated kernels fight the commands for the machine's cores, as none would whose guests run on KVM on nodes of
 * their own. `linux`: the sandbox's small guest, which boots a kernel.
 */
export const GUESTS = ["halting", "linux"] as const;
export type Guest = (typeof GUESTS)[number];

/** again: cli; hlt; jmp again. */
const HALTS = "faf4ebfc";

/** A disk's first sector is one that a BIOS boots by its last two bytes. */
const SECTOR_BYTES = 512;
const BOOTABLE = 0xaa55;

const DISK_BYTES = 1024 ** 2;

/** The disk of such a guest. @param folder - where one that is made for this run lies */
export async function guestDisk(guest: Guest, folder: string, reporter: Reporter): Promise<string> {
  if (guest === "linux") return await smallGuest({ reporter });
  const disk = Buffer.alloc(DISK_BYTES);
  disk.write(HALTS, "hex");
  disk.writeUInt16LE(BOOTABLE, SECTOR_BYTES - 2);
  const path = join(folder, "halting.img");
  await writeFile(path, disk);
  return path;
}
