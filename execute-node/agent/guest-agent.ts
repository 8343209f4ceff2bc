import { z } from "zod";
import { MacAddress } from "../../contract/patterns.ts";
import { VIRSH } from "./libvirt.ts";
import { messageOf } from "./refusal.ts";
import { run } from "./run.ts";
import type { Sighting } from "./sightings.ts";

/** How long a guest agent may think, in seconds; libvirt gives it as much again to find its place in the conversation. */
const AGENT_SECONDS = 3;
const COMMAND_SECONDS = 10;

/** The most that is read of what a guest agent says: a guest may say anything, without end. */
const ANSWER_MAX_BYTES = 256 * 1024;

/** A guest agent that answered, and said no: the command is not one of its own, or failed in the guest. */
export class GuestRefusedError extends Error {}

/**
 * Asks the QEMU guest agent of a domain (QEMU guest agent protocol reference). Whatever it answers is the guest's word.
 *
 * @throws GuestRefusedError with the guest agent's own words when it says no
 * @throws Error when it does not answer in time, or nobody listens
 */
export async function askGuest<T>(
  domain: string,
  command: { readonly execute: string; readonly arguments?: Readonly<Record<string, unknown>> },
  answer: z.ZodType<T>,
): Promise<T> {
  const args = [...VIRSH, "qemu-agent-command", "--domain", domain, "--timeout", String(AGENT_SECONDS)];
  let output: string;
  try {
    output = await run("virsh", [...args, "--cmd", JSON.stringify(command)], {
      timeoutSeconds: COMMAND_SECONDS,
      maxOutputBytes: ANSWER_MAX_BYTES,
    });
  } catch (cause) {
    const [, refusal] = /unable to execute QEMU agent command (.*)$/s.exec(messageOf(cause)) ?? [];
    throw refusal === undefined ? cause : new GuestRefusedError(refusal, { cause });
  }
  return z.object({ return: answer }).parse(JSON.parse(output)).return;
}

/** What a guest says of its network cards; loopback has no MAC address. */
const Interfaces = z.array(
  z.object({
    "hardware-address": z.string().optional(),
    "ip-addresses": z.array(z.object({ "ip-address": z.string() })).optional(),
  }),
);

/** The most addresses of a guest that are looked at. */
const ADDRESSES_READ = 1024;

/** The addresses that a guest says it has, by MAC address. */
export async function guestAddresses(domain: string): Promise<Map<string, Sighting[]>> {
  return sightingsOf(await askGuest(domain, { execute: "guest-network-get-interfaces" }, Interfaces));
}

/** What a guest's own list of its network cards says; what is no MAC address is left out. */
export function sightingsOf(interfaces: z.infer<typeof Interfaces>): Map<string, Sighting[]> {
  const found = new Map<string, Sighting[]>();
  let left = ADDRESSES_READ;
  for (const { "hardware-address": text, "ip-addresses": addresses = [] } of interfaces) {
    const { data: macAddress } = MacAddress.safeParse(text?.toLowerCase());
    if (macAddress === undefined) continue;
    const read = addresses.slice(0, left).map(({ "ip-address": ipAddress }): Sighting => {
      return { ipAddress, source: "agent", state: "fresh" };
    });
    left -= read.length;
    found.set(macAddress, [...(found.get(macAddress) ?? []), ...read]);
  }
  return found;
}

/** How much of a guest's file is read, in bytes. */
const FILE_MAX_BYTES = 64 * 1024;

/**
 * Reads a file of a guest, of which the first 64 KiB at most.
 *
 * @returns undefined where there is no such file
 * @throws GuestRefusedError when the guest agent gives no files, as some distributions have it
 */
export async function readGuestFile(domain: string, path: string): Promise<string | undefined> {
  const handle = await openGuestFile(domain, path);
  if (handle === undefined) return undefined;
  try {
    const read = { execute: "guest-file-read", arguments: { handle, count: FILE_MAX_BYTES } };
    const { "buf-b64": content } = await askGuest(domain, read, z.object({ "buf-b64": z.base64() }));
    return Buffer.from(content, "base64").toString("utf8");
  } finally {
    await askGuest(domain, { execute: "guest-file-close", arguments: { handle } }, z.unknown());
  }
}

async function openGuestFile(domain: string, path: string): Promise<number | undefined> {
  try {
    return await askGuest(domain, { execute: "guest-file-open", arguments: { path, mode: "r" } }, z.int());
  } catch (error) {
    if (error instanceof GuestRefusedError && error.message.includes("No such file or directory")) return undefined;
    throw error;
  }
}
