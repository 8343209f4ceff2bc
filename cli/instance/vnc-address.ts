import { isIP } from "node:net";
import { InvalidInputError } from "../../provider/errors.ts";

/** Where a VNC server listens. */
export interface VncAddress {
  /** A host name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port` as a node reports it, before it gets near a command line.
 *
 * @throws InvalidInputError for whatever is none
 */
export function parseVncAddress(text: string): VncAddress {
  const [, bracketed, plain = "", digits = ""] = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const isHost = bracketed === undefined ? isIP(plain) === 4 || isHostName(plain) : isIP(bracketed) === 6;
  if (isHost && port >= 1 && port <= 65_535) return { host: bracketed ?? plain, port };
  throw new InvalidInputError({
    what: `The execute node reports ${JSON.stringify(text)} as the VNC address, which is no host:port.`,
    remedy: "Ask the pool's administrator what runs on that node.",
  });
}

/** A host name (RFC 1123). No part of it begins with a hyphen, so no program takes it for an option. */
function isHostName(text: string): boolean {
  return text.length <= 253 && text.split(".").every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})$/.test(label));
}

/** The address as an URI's authority has it (RFC 3986). */
export function authority({ host, port }: VncAddress): string {
  return `${bracketed(host)}:${port}`;
}

/** A host as it stands before a port: an IPv6 address in brackets. */
export function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Whether only the node itself reaches the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
