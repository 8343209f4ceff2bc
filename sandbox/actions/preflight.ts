import { constants, existsSync } from "node:fs";
import { access, mkdir, mkdtemp, readFile, rm, statfs } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { run } from "../command.ts";
import { SandboxError } from "../errors.ts";
import { sandboxesFolder } from "../paths.ts";
import type { Reporter } from "./action.ts";

/** What the overlays of a new sandbox and a few images need at the least. */
const SANDBOX_GIB = 1;

/** Commands that every step uses, and the Debian package of each. */
const COMMANDS = {
  ip: "iproute2",
  unshare: "util-linux",
  nsenter: "util-linux",
  flock: "util-linux",
  mount: "mount",
};

/** Needed only while the root is made. */
const BUILD_PACKAGES = ["mmdebstrap", "debian-archive-keyring"];

/** Where debian-archive-keyring puts the keys that the root's packages are verified with. */
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Finds out before anything is made whether a sandbox can be.
 *
 * @param options.isNew - whether it is not there yet, and wants its disk space
 * @throws SandboxError, one clear line and what to do, for the first thing that is missing
 */
export async function checkHost({ isNew }: { isNew: boolean }): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new SandboxError({
      what: `A sandbox needs Linux on x86-64; this is ${process.platform} on ${process.arch}.`,
      remedy: "Use a Linux machine or a virtual one.",
    });
  }
  if (process.geteuid?.() !== 0) {
    throw new SandboxError({
      what: "A sandbox makes network and mount namespaces, which only root may.",
      remedy: "Run this as root, for example with sudo.",
    });
  }
  for (const [command, debianPackage] of Object.entries(COMMANDS)) {
    if (isOnPath(command)) continue;
    throw new SandboxError({
      what: `The command \`${command}\` is not on PATH.`,
      remedy: `Install it: apt-get install ${debianPackage}`,
    });
  }
  if (!isNew) return;
  await requireDiskSpace(sandboxesFolder(), SANDBOX_GIB);
  await requireOverlay(sandboxesFolder());
}

/** Throws when the file system of a folder has too little room. Makes the folder. */
export async function requireDiskSpace(folder: string, neededGiB: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const freeGiB = (bavail * bsize) / 2 ** 30;
  if (freeGiB >= neededGiB) return;
  throw new SandboxError({
    what: `Only ${freeGiB.toFixed(1)} GiB are free where ${folder} is, and ${neededGiB} are needed.`,
    remedy: "Free some, or point XDG_CACHE_HOME and XDG_STATE_HOME at a larger disk.",
  });
}

/** Sees to it that a Debian root can be made, installing what is missing where apt-get is. */
export async function requireDebianTools(reporter: Reporter, signal: AbortSignal | undefined): Promise<void> {
  if (isOnPath("mmdebstrap") && existsSync(KEYRING)) return;
  if (!isOnPath("apt-get")) {
    throw new SandboxError({
      what: `The pool's root is made by mmdebstrap, which is missing, and there is no apt-get to install it with.`,
      remedy: `Install ${BUILD_PACKAGES.join(", ")} by your system's means.`,
    });
  }
  reporter.say(`installing ${BUILD_PACKAGES.join(", ")} by apt-get`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["-qq", "update"], { signal, env, timeoutSeconds: 300 });
  const install = ["-qq", "--yes", "--no-install-recommends", "install", ...BUILD_PACKAGES];
  await run("apt-get", install, { signal, env, timeoutSeconds: 600 });
}

/** Why machines cannot run on KVM here; undefined when they can. */
export async function missingForKvm(): Promise<string | undefined> {
  const flags = await readFile("/proc/cpuinfo", "utf8");
  if (!/^flags\s*:.*\b(?:vmx|svm)\b/m.test(flags)) return "the processor shows no virtualization";
  const usable = await access("/dev/kvm", constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return usable ? undefined : "/dev/kvm cannot be opened";
}

/** Tries a real overlay where the machines' will be: kernels and file systems differ in what they allow. */
async function requireOverlay(folder: string): Promise<void> {
  const trial = await mkdtemp(join(folder, ".overlay-"));
  try {
    for (const name of ["lower", "upper", "work", "merged"]) await mkdir(join(trial, name));
    const layers = "lowerdir=lower,upperdir=upper,workdir=work";
    await run("unshare", ["--mount", "mount", "-t", "overlay", "-o", layers, "overlay", "merged"], { cwd: trial });
  } catch (cause) {
    throw new SandboxError({
      what: `An overlay cannot be mounted in ${folder}.`,
      why: cause instanceof SandboxError ? cause.why : undefined,
      remedy:
        "Point XDG_STATE_HOME at a disk with ext4, xfs or btrfs; inside a container use a volume, and allow mounts.",
      cause,
    });
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

function isOnPath(command: string): boolean {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.some((folder) => existsSync(join(folder, command)));
}
