import type { InstanceSpec } from "../../contract/instance-spec.ts";
import type { CachedImage } from "./cached-image.ts";
import { messageOf, Refusal } from "./refusal.ts";
import { run } from "./run.ts";

const BYTES_PER_GIB = 1024 ** 3;

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

/**
 * Refuses a disk that could grow beyond what its job reserves: a node whose disk is full stops all its machines.
 *
 * @param reservedKiB - the job's RequestDisk
 */
export function requireReserved(diskBytes: number, reservedKiB: number): void {
  const neededKiB = Math.ceil(diskBytes / 1024);
  if (neededKiB <= reservedKiB) return;
  throw new Refusal(
    `The machine's disk can grow to ${neededKiB} KiB and its job reserves ${reservedKiB}. Submit it with request_disk = ${neededKiB}.`,
  );
}

/**
 * Makes a machine's disk: an empty overlay of its image.
 *
 * @throws Refusal in qemu-img's words
 */
export async function createOverlay(path: string, image: CachedImage, sizeBytes: number): Promise<void> {
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
