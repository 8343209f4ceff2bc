import { join } from "node:path";
import { execa } from "execa";
import { eventually } from "./wait.ts";

/** A pair of keys of a test's own. */
export interface SshKey {
  /** The file of the private key. */
  readonly file: string;
  /** The line for `sshAuthorizedKeys`. */
  readonly publicKey: string;
}

/** A guest made anew has another host key at the same address; whose it is, is not what is tried here. */
const OPTIONS = [
  ...["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes"],
  ...["ConnectTimeout=5", "IdentitiesOnly=yes"],
].flatMap((option) => ["-o", option]);

/** The exit status by which ssh says that it did not get as far as the command (ssh(1), "EXIT STATUS"). */
const NO_SESSION = 255;

/** Makes a pair of keys without a passphrase in a folder. */
export async function makeSshKey(folder: string, name = "key"): Promise<SshKey> {
  const file = join(folder, name);
  await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file]);
  return { file, publicKey: (await execa("ssh-keygen", ["-y", "-f", file])).stdout };
}

/**
 * Runs a command line in a guest, by its own shell, as the Debian guest's user; waits until its SSH server lets it in.
 *
 * @returns what it said
 * @throws Error with its words where it fails, or where nobody is let in within the time
 */
export async function ssh(address: string, key: SshKey, command: string, seconds = 120): Promise<string> {
  const words = ["-i", key.file, ...OPTIONS, `debian@${address}`, command];
  const ask = async () => {
    const { exitCode, stdout, stderr } = await execa("ssh", words, { reject: false, stdin: "ignore" });
    return { exitCode, stdout, stderr };
  };
  const said = await eventually(`SSH to ${address}`, ask, ({ exitCode }) => exitCode !== NO_SESSION, seconds);
  if (said.exitCode !== 0) throw new Error(`In ${address}: ${command}: exit status ${said.exitCode}: ${said.stderr}`);
  return said.stdout;
}
