import { randomInt } from "node:crypto";
import { BlockList } from "node:net";

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
