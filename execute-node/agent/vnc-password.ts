import { randomInt } from "node:crypto";
import { BlockList } from "node:net";
import { seal } from "../../contract/sealed.ts";
import { messageOf, Refusal } from "./refusal.ts";

/** VNC looks at no more (RFC 6143, 7.2.2). */
const PASSWORD_CHARACTERS = 8;

/** Letters and digits that nobody mistakes for another. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** A fresh password for a console that listens on this address; none where only the node itself reaches it. */
export function newVncPassword(listen: string): string | undefined {
  if (loopback.check(listen, listen.includes(":") ? "ipv6" : "ipv4")) return undefined;
  return Array.from({ length: PASSWORD_CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}

/** A console's password, and what the pool is told of it: the same, sealed for the machine's owner. */
export interface VncSecret {
  readonly vncPassword?: string;
  readonly sealedVncPassword?: string;
}

/**
 * A fresh password for a machine's console, sealed for whoever has the private half of its job's key.
 *
 * @param listen - the address that the console listens on
 * @param sealKey - the public half; absent: the password stays on this node
 * @throws Refusal when the key is none that anything can be sealed for
 */
export function newVncSecret(listen: string, sealKey: string | undefined, globalJobId: string): VncSecret {
  const vncPassword = newVncPassword(listen);
  if (vncPassword === undefined) return {};
  if (sealKey === undefined) return { vncPassword };
  try {
    return { vncPassword, sealedVncPassword: seal(vncPassword, sealKey, globalJobId) };
  } catch (cause) {
    throw new Refusal(
      `The job's CloudSealKey is no key that a password can be sealed for (${messageOf(cause)}). Submit it anew.`,
      { cause },
    );
  }
}
