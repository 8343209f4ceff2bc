import { bySecretly, type Checked, kindOf } from "./checked.ts";
import { GuestInputs } from "./guest-inputs.ts";

/** The types of keys that sshd lets in, and of how many parts their blobs are beside the type (RFC 4253, 5656, 8709). */
const PARTS: Readonly<Record<string, number>> = {
  "ssh-ed25519": 1,
  "ssh-rsa": 2,
  "ecdsa-sha2-nistp256": 2,
  "ecdsa-sha2-nistp384": 2,
  "ecdsa-sha2-nistp521": 2,
  "sk-ssh-ed25519@openssh.com": 2,
  "sk-ecdsa-sha2-nistp256@openssh.com": 3,
};

const TYPES = Object.keys(PARTS).join(", ");

const CONTROL = /(?![\t\n])\p{Cc}/u;

/**
 * Checks the public keys of whoever may log in, and takes off the white space around each, so that the content of a file
 * `.pub` is one. The reason never holds any of a key: it may be a private one, or marked as secret.
 */
export function checkSshKeys(given: unknown): Checked<string[] | undefined> {
  const keys = bySecretly(GuestInputs.sshAuthorizedKeys, given);
  if ("reason" in keys || keys.value === undefined) return keys;
  const wrong = keys.value.flatMap((key, index) => {
    const reason = whatIsWrong(key.trim());
    return reason === undefined ? [] : [`${index} ${kindOf(key)}: ${reason}`];
  });
  return wrong.length > 0 ? { reason: wrong.join("; ") } : { value: keys.value.map((key) => key.trim()) };
}

function whatIsWrong(key: string): string | undefined {
  if (/PRIVATE KEY-----|^PuTTY-User-Key-File/.test(key)) {
    return "this is a private key, which must never leave its owner; give the public one, the content of the file `.pub`, and make a new pair if this one got into a program or a log";
  }
  if (/^-{4,5} ?BEGIN /.test(key)) {
    return "this is no OpenSSH public key but one in another format; `ssh-keygen -i -f FILE` (or `-i -m PKCS8`) turns it into one";
  }
  if (/[\r\n]/.test(key)) return "must be one key; make each line an entry of the list";
  if (CONTROL.test(key)) return "must not hold control characters";
  const [type = "", blob = ""] = key.split(/[ \t]+/);
  if (Object.hasOwn(PARTS, type)) return isKey(type, blob) ? undefined : truncated(type);
  if (Object.keys(PARTS).some((known) => key.includes(` ${known} `))) {
    // sshd's options have a syntax of their own, and cloud-init does not hand them on to every account.
    return "must be a key without options before it; write one with options into userData (`users`, `ssh_authorized_keys`)";
  }
  return `must be an OpenSSH public key, "TYPE BASE64 COMMENT", of one of the types ${TYPES}`;
}

function truncated(type: string): string {
  return `what follows ${type} is no such key: it is cut off, or was changed; copy the whole line of the file \`.pub\``;
}

/** Whether a blob is base64 of a key of this type: its name, then so many parts, each behind its length, and no more. */
function isKey(type: string, base64: string): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return false;
  const bytes = Buffer.from(base64, "base64");
  const parts = partsOf(bytes);
  return parts?.[0]?.toString("latin1") === type && parts.length === 1 + (PARTS[type] ?? 0);
}

/** The parts of a blob; undefined where the lengths do not add up. */
function partsOf(bytes: Buffer): Buffer[] | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const length = bytes.readUInt32BE(at);
    const end = at + 4 + length;
    if (length === 0 || end > bytes.length) return undefined;
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return parts;
}
