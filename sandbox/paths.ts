import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** A sandbox's name: it becomes part of host names, network namespaces and paths. */
export const SandboxName = z
  .string()
  .regex(/^[a-z0-9](?:[-a-z0-9]{0,22}[a-z0-9])?$/, "must be lower-case letters, digits and inner hyphens, at most 24");

/** What can be made again: the pool's root, the guests, the Pulumi CLI. Per the XDG Base Directory specification. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(xdg(environment.XDG_CACHE_HOME, ".cache"), "condor-cloud");
}

/** What must not be lost, and the logs of what was done. */
export function stateHome(environment: NodeJS.ProcessEnv = process.env): string {
  return join(xdg(environment.XDG_STATE_HOME, ".local/state"), "condor-cloud");
}

/** The folder of all sandboxes. */
export function sandboxesFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(stateHome(environment), "sandboxes");
}

/** The folder of one sandbox: machines, image store, client commands, Pulumi's state. Throws when the name is none. */
export function sandboxFolder(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  return join(sandboxesFolder(environment), SandboxName.parse(name));
}

/** The lock that whoever changes this sandbox holds; outside its folder, which comes and goes. */
export function sandboxLock(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  return join(sandboxesFolder(environment), `.${SandboxName.parse(name)}.lock`);
}

/** A shell script that ships with the sandbox. */
export type Asset =
  | "machine.sh"
  | "prepare-root.sh"
  | "in-root.sh"
  | "build-guest.sh"
  | "guest-init.sh"
  | "debian-guest-initramfs.sh"
  | "debian-guest-system.sh"
  | "build-debian-guest.sh";

/** The path of a script of ours. */
export function asset(file: Asset): string {
  return fileURLToPath(new URL(`./assets/${file}`, import.meta.url));
}

/** The specification says that a relative path is to be ignored. */
function xdg(value: string | undefined, fallback: string): string {
  return value !== undefined && isAbsolute(value) ? value : join(homedir(), fallback);
}
