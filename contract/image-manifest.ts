import { z } from "zod";
import { Digest, ImageName, Labels } from "./patterns.ts";

/** The disk formats that the store accepts: what QEMU reads without following a path inside the file. */
export const ImageFormat = z.enum(["qcow2", "raw"]);
export type ImageFormat = z.infer<typeof ImageFormat>;

/** How a guest's firmware looks for its system: `bios` reads the boot sector, `uefi` a boot loader on an EFI partition. */
export const Firmware = z.enum(["bios", "uefi"]);
export type Firmware = z.infer<typeof Firmware>;

/** A guest's architecture, in libvirt's words. */
export const Architecture = z.enum(["x86_64", "i686"]);
export type Architecture = z.infer<typeof Architecture>;

/** The machine that QEMU shows a guest: `q35` has PCI Express, `pc` is the one that old systems know. */
export const MachineType = z.enum(["q35", "pc"]);
export type MachineType = z.infer<typeof MachineType>;

/** What the store knows about one image name: a JSON file beside the content-addressed data. */
export const ImageManifest = z.object({
  schema: z.literal(1),
  name: ImageName,
  digest: Digest,
  format: ImageFormat,
  architecture: Architecture,
  firmware: Firmware.default("bios"),
  /** Absent: {@link machineTypeOf} decides. */
  machineType: MachineType.optional(),
  /** The size of the disk that a guest sees, in bytes. */
  virtualSizeBytes: z.int().positive(),
  /** The size of the file in the store, in bytes. */
  sizeBytes: z.int().positive(),
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  description: z.string().max(4096).default(""),
  labels: Labels.default({}),
});
export type ImageManifest = z.infer<typeof ImageManifest>;

/** The machine type of an image: its own, or what suits its architecture. */
export function machineTypeOf(image: Pick<ImageManifest, "architecture" | "machineType">): MachineType {
  return image.machineType ?? (image.architecture === "x86_64" ? "q35" : "pc");
}
