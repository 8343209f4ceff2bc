import { execa } from "execa";
import { InvalidInputError } from "../../provider/errors.ts";
import { authority, bracketed, parseVncAddress, type VncAddress } from "./vnc-address.ts";

/** The viewers that are looked for, in this order, each with the words that it takes an address by. */
const VIEWERS: readonly (readonly [command: string, words: (address: VncAddress) => string[]])[] = [
  ["remote-viewer", (address) => [`vnc://${authority(address)}`]],
  // Two colons mean a port, one a display (vncviewer(1)).
  ["vncviewer", ({ host, port }) => [`${bracketed(host)}::${port}`]],
];

/**
 * Runs a VNC viewer, the first that is on PATH, until it is closed.
 *
 * @returns its exit status
 * @throws InvalidInputError where there is none
 */
export async function openViewer(address: string): Promise<number> {
  const where = parseVncAddress(address);
  for (const [command, words] of VIEWERS) {
    const result = await execa(command, words(where), { stdio: "inherit", reject: false });
    if (result.code !== "ENOENT") return result.exitCode ?? 1;
  }
  throw new InvalidInputError({
    what: `There is no VNC viewer on PATH: none of ${VIEWERS.map(([command]) => command).join(", ")}.`,
    remedy: `Install one (the packages virt-viewer, tigervnc-viewer), or open ${authority(where)} with yours.`,
  });
}
