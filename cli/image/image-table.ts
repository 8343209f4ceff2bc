import type { ImageView } from "../../provider/image/list.ts";
import { table } from "../table.ts";
import { bytesText } from "../text.ts";

const BYTES_PER_GIB = 1024 ** 3;

/** So many digits of a digest tell images apart. */
const DIGEST_DIGITS = 12;

/** The table of images that `image list` shows. */
export function imageTable(images: readonly ImageView[]): string {
  return table(
    ["NAME", "DIGEST", "FORMAT", "DISK", "SIZE", "ARCHITECTURE", "FIRMWARE", "ADDED"],
    images.map((image) => [
      image.name,
      shortDigest(image.digest),
      image.format,
      bytesText(image.virtualSizeGiB * BYTES_PER_GIB),
      bytesText(image.sizeBytes),
      image.architecture,
      image.firmware,
      minuteOf(image.createdAt),
    ]),
  );
}

/** The beginning of a digest, for people. */
export function shortDigest(digest: string): string {
  return digest.slice(0, DIGEST_DIGITS);
}

/** `2026-11-25T09:46:40.000Z` to the minute, UTC. */
function minuteOf(iso: string): string {
  return `${iso.slice(0, 16)}Z`;
}
