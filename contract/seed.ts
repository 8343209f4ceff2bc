import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";

/**
 * What a guest is told when it first boots, in the parts that cloud-init's data source NoCloud reads from a disk
 * (cloud-init documentation, "NoCloud"). It travels in the job as base64 of gzip of JSON.
 */
export const Seed = z.strictObject({
  /** The file `user-data`, as it is. Absent: an empty one. */
  userData: z.string().optional(),
  /** What the file `meta-data` says beside `instance-id`, which is the node's. */
  metaData: z.record(z.string(), z.json()).default({}),
  /** The file `network-config`, as it is. Absent: the guest configures its network as it likes. */
  networkConfig: z.string().optional(),
});
export type Seed = z.infer<typeof Seed>;

/** The most that a seed may take in a job, in bytes, after compression and in base64. */
export const SEED_MAX_BYTES = 65_536;

/**
 * The most that a seed may take as JSON, in bytes: what compresses better than a text does is no text, and a node that
 * reads a mebibyte of nothing but braces does nothing else for a second.
 */
export const SEED_UNPACKED_MAX_BYTES = 1024 * 1024;

/**
 * Renders a seed as it travels. May be longer than {@link SEED_MAX_BYTES}, or of more than
 * {@link SEED_UNPACKED_MAX_BYTES}: the check says so.
 */
export function encodeSeed(seed: Seed): string {
  return gzipSync(JSON.stringify(Seed.parse(seed)), { level: 9 }).toString("base64");
}

/** Reads a seed from its travelling form; undefined when it is none. */
export function decodeSeed(text: string): Seed | undefined {
  if (text.length > SEED_MAX_BYTES || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    const unpacked = gunzipSync(Buffer.from(text, "base64"), { maxOutputLength: SEED_UNPACKED_MAX_BYTES });
    return Seed.parse(JSON.parse(unpacked.toString("utf8")));
  } catch {
    return undefined;
  }
}

/**
 * What tells two seeds apart: a digest of what is said, not of how it was compressed, which differs from one version of
 * zlib to the next.
 */
export function seedDigest(seed: Seed): string {
  const { userData, metaData, networkConfig } = Seed.parse(seed);
  return createHash("sha256")
    .update(JSON.stringify([userData ?? null, sorted(metaData), networkConfig ?? null]))
    .digest("hex");
}

/** The same value with the keys of its objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  // An object again: as a list of pairs it would be the same as one that somebody wrote.
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
