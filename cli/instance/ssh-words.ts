import { isIP } from "node:net";
import { jobIdOf } from "../../contract/global-job-id.ts";
import { InvalidInputError } from "../../provider/errors.ts";

/** Whom to call, and how. */
export interface SshCall {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The file of a private key; absent: as ssh is configured. */
  readonly identity?: string | undefined;
  /** Under what name the machine's host key is remembered. */
  readonly hostKeyAlias: string;
  /** The file in which it is. */
  readonly knownHosts: string;
  /** ssh's further options, then the command. */
  readonly rest: readonly string[];
}

/** An account of a guest, as useradd(8) takes it: it begins with no hyphen, so ssh takes it for no option. */
const USER = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;

/** The arguments of the system's ssh. Throws InvalidInputError for what ssh would take for something else. */
export function sshWords({ address, port, user, identity, hostKeyAlias, knownHosts, rest }: SshCall): string[] {
  if (isIP(address) === 0) throw unusable("The machine's address", address, "be an IP address");
  if (!USER.test(user)) throw unusable("--user", user, "be an account's name, such as debian");
  return [
    ...option("HostKeyAlias", hostKeyAlias),
    ...option("UserKnownHostsFile", knownHosts),
    ...option("StrictHostKeyChecking", "accept-new"),
    ...(identity === undefined ? [] : [...option("IdentityFile", identity), ...option("IdentitiesOnly", "yes")]),
    ...["-p", String(port), "-l", user, address],
    ...rest,
  ];
}

/**
 * The name under which a machine's host key is remembered. A machine made anew has another key, at the same address or not,
 * and so has one that HTCondor started anew, from a fresh disk.
 */
export function hostKeyAliasOf(globalJobId: string, starts: number): string {
  // Parsed before it is taken apart: letters, digits and . _ @ - are left, and #.
  jobIdOf(globalJobId);
  return `condor-cloud-${globalJobId.replace(/[^A-Za-z0-9.-]/g, "_")}-${starts}`;
}

/** In these ssh replaces what stands behind a percent sign (ssh_config(5), "TOKENS"). */
const WITH_TOKENS = new Set(["UserKnownHostsFile", "IdentityFile"]);

/** One option as ssh_config(5) reads it: quoted, and with nothing that it would expand. */
export function option(name: string, value: string): string[] {
  if (/["\\\p{Cc}]|\$\{/u.test(value)) {
    throw unusable(name, value, "hold no quotes, no backslashes, no control characters and no ${");
  }
  return ["-o", `${name}="${WITH_TOKENS.has(name) ? value.replaceAll("%", "%%") : value}"`];
}

function unusable(what: string, value: string, expected: string): InvalidInputError {
  return new InvalidInputError({
    what: `${what} ${JSON.stringify(value)} cannot be handed to ssh.`,
    remedy: `It must ${expected}.`,
  });
}
