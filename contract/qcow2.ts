/**
 * The header of a qcow2 image (QEMU, docs/interop/qcow2.txt), read with suspicion: QEMU would follow the names of
 * other files in it, so an image that names one could show a guest any file of its host.
 */

const MAGIC = "QFI\u00fb";
const HEADER_V2_BYTES = 72;
const HEADER_V3_BYTES = 104;

/** Incompatible feature bits that a reader must understand. */
const FEATURE_CORRUPT = 1n << 1n;
const FEATURE_DATA_FILE = 1n << 2n;
const FEATURE_EXTENDED_L2 = 1n << 4n;
const FEATURES_KNOWN = 0b11111n;

const EXTENSION_END = 0;
const EXTENSION_DATA_FILE = 0x44415441;

/** What stands against an image, and what its owner can do. */
export interface Unusable {
  readonly unusable: string;
  readonly remedy: string;
}

const FLATTEN = "Make an image that holds everything itself: `qemu-img convert -O qcow2 OLD NEW`.";
const AGAIN = "Fetch or make the image again, and check it with `qemu-img check`.";

/** Whether a file that begins so claims to be a qcow image. */
export function isQcow2(head: Buffer): boolean {
  return head.subarray(0, 4).toString("latin1") === MAGIC;
}

/**
 * Reads the header of a qcow2 image.
 *
 * @param head - the file's first bytes, at least its first 64 KiB where it has as many
 * @param fileBytes - the file's size
 */
export function readQcow2(head: Buffer, fileBytes: number): { virtualSizeBytes: number } | Unusable {
  if (head.length < HEADER_V2_BYTES) return { unusable: "Its qcow2 header is truncated.", remedy: AGAIN };
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) {
    return { unusable: `It is a qcow image of version ${version}; 2 and 3 can be used.`, remedy: FLATTEN };
  }
  if (head.readBigUInt64BE(8) !== 0n || head.readUInt32BE(16) !== 0) {
    return { unusable: `It is only an overlay of another file${backingFileOf(head)}.`, remedy: FLATTEN };
  }
  if (head.readUInt32BE(32) !== 0) {
    return { unusable: "It is encrypted, and no execute node has the key.", remedy: FLATTEN };
  }
  if (version === 3 && head.length < HEADER_V3_BYTES)
    return { unusable: "Its qcow2 header is truncated.", remedy: AGAIN };
  const features = version === 3 ? head.readBigUInt64BE(72) : 0n;
  return featureRefusal(features) ?? extensionRefusal(head, version) ?? readSize(head, features, fileBytes);
}

function featureRefusal(features: bigint): Unusable | undefined {
  if ((features & FEATURE_DATA_FILE) !== 0n) {
    return { unusable: "It keeps its data in a second file.", remedy: FLATTEN };
  }
  if ((features & FEATURE_CORRUPT) !== 0n) {
    return { unusable: "QEMU marked it as corrupt.", remedy: "Repair it: `qemu-img check -r all FILE`." };
  }
  if ((features & ~FEATURES_KNOWN) !== 0n) {
    const bits = features.toString(16);
    return { unusable: `It uses qcow2 features that are not known here (0x${bits}).`, remedy: FLATTEN };
  }
  return undefined;
}

function extensionRefusal(head: Buffer, version: number): Unusable | undefined {
  const damaged = { unusable: "Its qcow2 header extensions are damaged.", remedy: AGAIN };
  let offset = version === 3 ? head.readUInt32BE(100) : HEADER_V2_BYTES;
  if (version === 3 && (offset < HEADER_V3_BYTES || offset % 8 !== 0)) return damaged;
  while (offset + 8 <= head.length) {
    const type = head.readUInt32BE(offset);
    if (type === EXTENSION_END) return undefined;
    if (type === EXTENSION_DATA_FILE) return { unusable: "It names a second file for its data.", remedy: FLATTEN };
    offset += 8 + Math.ceil(head.readUInt32BE(offset + 4) / 8) * 8;
  }
  return damaged;
}

function readSize(head: Buffer, features: bigint, fileBytes: number): { virtualSizeBytes: number } | Unusable {
  const clusterBits = head.readUInt32BE(20);
  const size = head.readBigUInt64BE(24);
  const l1Entries = BigInt(head.readUInt32BE(36));
  const bogus = { unusable: "Its qcow2 header makes no sense.", remedy: AGAIN };
  if (clusterBits < 9 || clusterBits > 21) return bogus;
  if (size === 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) return bogus;

  const clusterBytes = 1n << BigInt(clusterBits);
  const l2EntryBytes = (features & FEATURE_EXTENDED_L2) === 0n ? 8n : 16n;
  const bytesPerL1Entry = clusterBytes * (clusterBytes / l2EntryBytes);
  if (l1Entries * bytesPerL1Entry < size) return bogus;

  const l1End = head.readBigUInt64BE(40) + l1Entries * 8n;
  const refcountsEnd = head.readBigUInt64BE(48) + BigInt(head.readUInt32BE(56)) * clusterBytes;
  if (l1End > BigInt(fileBytes) || refcountsEnd > BigInt(fileBytes)) {
    return { unusable: `It is truncated: its tables lie beyond its ${fileBytes} bytes.`, remedy: AGAIN };
  }
  return { virtualSizeBytes: Number(size) };
}

/** The name of the backing file, for the error only. */
function backingFileOf(head: Buffer): string {
  const offset = head.readBigUInt64BE(8);
  const length = head.readUInt32BE(16);
  if (length === 0 || length > 1023 || offset + BigInt(length) > BigInt(head.length)) return "";
  const name = head.toString("utf8", Number(offset), Number(offset) + length);
  return ` (${JSON.stringify(name)})`;
}
