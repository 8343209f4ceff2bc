import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

/**
 * A box that one machine's owner alone can open: what a node tells the owner goes through slot ads, which everybody in the
 * pool may read. X25519 with a key of the sender's for each box, HKDF-SHA256, AES-256-GCM (RFC 7748, RFC 5869,
 * NIST SP 800-38D), bound to the job it is about.
 */

/** How DER begins for an X25519 key (RFC 8410): what is left is the key itself, 32 bytes. */
const PUBLIC_PREFIX = Buffer.from("302a300506032b656e032100", "hex");
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The most that a box holds, in bytes. */
export const SEALED_MAX_BYTES = 1024;

/** An owner's keys, as base64 of 32 bytes each. */
export interface SealKeys {
  /** Goes into the job. */
  readonly publicKey: string;
  /** Stays with the owner. */
  readonly privateKey: string;
}

/** Makes fresh keys. */
export function newSealKeys(): SealKeys {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  return {
    publicKey: raw(publicKey),
    privateKey: privateKey.export({ format: "der", type: "pkcs8" }).subarray(-KEY_BYTES).toString("base64"),
  };
}

/** The public half of a private key. */
export function publicKeyOf(privateKey: string): string {
  return raw(createPublicKey(privateKeyOf(privateKey)));
}

/**
 * Seals a text for the owner of a public key.
 *
 * @param context - what the box is about; it opens with the same only
 * @returns base64
 * @throws Error when the key is none, or the text is longer than {@link SEALED_MAX_BYTES}
 */
export function seal(text: string, publicKey: string, context: string): string {
  const plain = Buffer.from(text, "utf8");
  if (plain.length > SEALED_MAX_BYTES) throw new RangeError(`A box holds ${SEALED_MAX_BYTES} bytes at most`);
  const sender = generateKeyPairSync("x25519");
  const shared = diffieHellman({ privateKey: sender.privateKey, publicKey: publicKeyFrom(publicKey) });
  const senderKey = Buffer.from(raw(sender.publicKey), "base64");
  const { key, nonce } = derive(shared, senderKey, context);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([senderKey, sealed, cipher.getAuthTag()]).toString("base64");
}

/** Opens a box; undefined when it is none, or was sealed for another key or about something else. */
export function open(box: string, privateKey: string, context: string): string | undefined {
  const bytes = Buffer.from(box, "base64");
  if (bytes.length < KEY_BYTES + TAG_BYTES || bytes.length > KEY_BYTES + SEALED_MAX_BYTES + TAG_BYTES) return undefined;
  try {
    const senderKey = bytes.subarray(0, KEY_BYTES);
    const publicKey = publicKeyFrom(senderKey.toString("base64"));
    const shared = diffieHellman({ privateKey: privateKeyOf(privateKey), publicKey });
    const { key, nonce } = derive(shared, senderKey, context);
    const decipher = createDecipheriv("aes-256-gcm", key, nonce);
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(KEY_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

/** The sender's key is of one box, so key and nonce are, too. */
function derive(shared: Buffer, senderKey: Buffer, context: string): { key: Buffer; nonce: Buffer } {
  const material = Buffer.from(hkdfSync("sha256", shared, senderKey, context, 32 + NONCE_BYTES));
  return { key: material.subarray(0, 32), nonce: material.subarray(32) };
}

function raw(publicKey: KeyObject): string {
  return publicKey.export({ format: "der", type: "spki" }).subarray(-KEY_BYTES).toString("base64");
}

function publicKeyFrom(base64: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, keyBytes(base64)]), format: "der", type: "spki" });
}

function privateKeyOf(base64: string): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, keyBytes(base64)]), format: "der", type: "pkcs8" });
}

function keyBytes(base64: string): Buffer {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length !== KEY_BYTES) throw new TypeError("Not a key: it must be base64 of 32 bytes");
  return bytes;
}
