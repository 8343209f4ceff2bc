import { createCipheriv } from "node:crypto";
import { connect, type Socket } from "node:net";

/** VNC's security types that matter here (RFC 6143, 7.1.2). */
export const VNC_SECURITY = { none: 1, password: 2 } as const;

const ANSWER_SECONDS = 20;

/** What a VNC console answered to somebody who came with a password. */
export interface VncAnswer {
  /** The security types that it offers. */
  readonly securityTypes: readonly number[];
  /** Whether it let the password in. */
  readonly accepted: boolean;
}

/**
 * Knocks at a VNC console with a password (RFC 6143, 7.1 and 7.2.2).
 *
 * @param address - `host:port`, as an instance's `vncAddress`
 * @throws Error when it does not speak VNC, or offers no authentication by password
 */
export async function knockAtVnc(address: string, password: string): Promise<VncAnswer> {
  const colon = address.lastIndexOf(":");
  const socket = connect({
    host: address.slice(0, colon).replace(/[[\]]/g, ""),
    port: Number(address.slice(colon + 1)),
  });
  socket.setTimeout(ANSWER_SECONDS * 1000, () => socket.destroy(new Error(`${address} fell silent`)));
  try {
    const read = reader(socket);
    const greeting = (await read(12)).toString("latin1");
    if (!greeting.startsWith("RFB 003.")) throw new Error(`${address} does not speak VNC: ${greeting}`);
    socket.write("RFB 003.008\n");
    const securityTypes = [...(await read((await read(1))[0] ?? 0))];
    if (!securityTypes.includes(VNC_SECURITY.password))
      throw new Error(`${address} offers ${securityTypes.join(", ")}`);
    socket.write(Buffer.from([VNC_SECURITY.password]));
    socket.write(vncResponse(await read(16), password));
    return { securityTypes, accepted: (await read(4)).readUInt32BE() === 0 };
  } finally {
    socket.destroy();
  }
}

/** The challenge encrypted by DES, whose key is the password with the bits of each byte mirrored. */
function vncResponse(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8);
  key.write(password.slice(0, 8), "latin1");
  const mirrored = key.map((byte) =>
    Number.parseInt(byte.toString(2).padStart(8, "0").split("").reverse().join(""), 2),
  );
  // Three times the same key makes DES of Triple DES; OpenSSL 3 has DES itself in its legacy provider alone.
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([mirrored, mirrored, mirrored]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

/** Reads a socket by numbers of bytes. */
function reader(socket: Socket): (bytes: number) => Promise<Buffer> {
  const chunks = socket[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  return async (bytes) => {
    while (held.length < bytes) {
      const next = await chunks.next();
      if (next.done === true) throw new Error("the connection was closed");
      held = Buffer.concat([held, next.value]);
    }
    const wanted = held.subarray(0, bytes);
    held = held.subarray(bytes);
    return wanted;
  };
}
