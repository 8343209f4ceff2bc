import { z } from "zod";
import { ProfileName } from "./patterns.ts";

/** What a machine is made of. */
export const MachineSize = z.strictObject({
  /** Memory in MiB; at least what a small Linux needs. */
  memoryMiB: z.int().min(64).max(16_777_216),
  /** Virtual processors. */
  vcpus: z.int().min(1).max(1024),
  /** The disk's size in GiB; absent: the image's own virtual size. A disk never shrinks below its image. */
  diskGiB: z.int().min(1).max(65_536).optional(),
});
export type MachineSize = z.infer<typeof MachineSize>;

/** Named sizes; a stack's configuration may add to them or override them. */
export const Profiles = z.record(ProfileName, MachineSize);
export type Profiles = z.infer<typeof Profiles>;

/** The original Condor Cloud's three profiles (2011). */
export const DEFAULT_PROFILES: Profiles = {
  small: { memoryMiB: 512, vcpus: 1 },
  medium: { memoryMiB: 1024, vcpus: 2 },
  large: { memoryMiB: 2048, vcpus: 4 },
};

/** The word that stands in a job ad where a size was given without a profile's name. */
export const CUSTOM_PROFILE = "custom";
