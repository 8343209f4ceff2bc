import { z } from "zod";
import { ImageManifest } from "../../contract/image-manifest.ts";
import { Digest, ImageName } from "../../contract/patterns.ts";

/** What a person may say about an image, defaults filled in. Absent means the default, in every version. */
export const ImageArguments = z.object({
  /** A disk image, or a folder that holds exactly one. */
  source: z.string("must be the path of a file or a folder").min(1, "must not be empty"),
  name: ImageName,
  architecture: ImageManifest.shape.architecture.default("x86_64"),
  firmware: ImageManifest.shape.firmware,
  /** Absent: what suits the architecture, which the check fills in. */
  machineType: ImageManifest.shape.machineType,
  description: ImageManifest.shape.description,
  labels: ImageManifest.shape.labels,
});

/** The arguments after the check, which adds what the source holds. */
export const ImageInputs = ImageArguments.extend({ digest: Digest });
export type ImageInputs = z.infer<typeof ImageInputs>;

/** What the adding of an image left in the state, and its removal needs. */
export const ImageState = z.object({ createdAt: ImageManifest.shape.createdAt });
