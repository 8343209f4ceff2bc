import { z } from "zod";
import { Digest, ImageName, Labels } from "./patterns.ts";

/** The disk formats that the store accepts: what QEMU reads without following a path inside the file. */
export const ImageFormat = z.enum(["qcow2", "raw"]);
export type ImageFormat = z.infer<typeof ImageFormat>;

/** What the store knows about one image name: a JSON file beside the content-addressed data. */
export const ImageManifest = z.object({
  schema: z.literal(1),
  name: ImageName,
  digest: Digest,
  format: ImageFormat,
  /** The guest's architecture, in libvirt's words. */
  architecture: z.enum(["x86_64", "i686"]),
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
