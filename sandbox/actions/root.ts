import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeOnce } from "../cache.ts";
import { run } from "../command.ts";
import { asset, cacheFolder } from "../paths.ts";
import type { Reporter } from "./action.ts";
import { requireDebianTools, requireDiskSpace } from "./preflight.ts";

/** HTCondor with its VM universe is packaged here, and not in the release before. */
const SUITE = "trixie";

/** What every machine of a sandbox has. */
const PACKAGES = [
  // HTCondor, its VM universe, and what runs the machines
  ...["condor", "condor-vm-gahp", "qemu-system-x86", "qemu-utils", "genisoimage", "nodejs"],
  ...["libvirt-daemon-system", "libvirt-daemon-driver-qemu", "libvirt-clients", "dnsmasq-base"],
  // firmware for guests that boot by UEFI, and the way by which the agent keeps access to a console's log
  ...["ovmf", "acl"],
  // what holds a machine of namespaces together
  ...["tini", "iproute2", "iputils-ping", "procps", "util-linux", "ca-certificates"],
  // what builds the guests
  ...["cpio", "xz-utils", "dosfstools", "mtools", "syslinux", "syslinux-common", "e2fsprogs", "fdisk"],
];

/** Some of the tools above are only recommended by what needs them; nothing else of that kind is wanted. */
const MMDEBSTRAP_OPTIONS = ["--mode=root", "--variant=minbase", "--format=directory"];

/** The root takes 0.7 GB, and the downloads it is made of as much for a while. */
const NEEDED_GIB = 2;

/** The folder of the read-only root; its name says what it was made of. */
export async function poolRootFolder(): Promise<string> {
  const recipe = JSON.stringify([
    SUITE,
    PACKAGES,
    MMDEBSTRAP_OPTIONS,
    await readFile(asset("prepare-root.sh"), "utf8"),
  ]);
  const hash = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  return join(cacheFolder(), `pool-root-${hash}`);
}

/** Makes the pool's root, once: Debian with HTCondor, libvirt and QEMU. Gives its folder. */
export async function makePoolRoot(options: { reporter: Reporter; signal?: AbortSignal | undefined }): Promise<string> {
  const { reporter, signal } = options;
  return makeOnce(
    await poolRootFolder(),
    { reporter, signal, what: "the pool's root: Debian with HTCondor, libvirt and QEMU" },
    async (temporary) => {
      await requireDiskSpace(cacheFolder(), NEEDED_GIB);
      await requireDebianTools(reporter, signal);
      const hook = `--customize-hook=${asset("prepare-root.sh")}`;
      const args = [...MMDEBSTRAP_OPTIONS, `--include=${PACKAGES.join(",")}`, hook, SUITE, temporary];
      await run("mmdebstrap", args, {
        signal,
        contained: true,
        timeoutSeconds: 1800,
        onLine: (line) => /^I: (?!automatically|chroot|finding)/.test(line) && reporter.say(line.slice(3)),
      });
    },
  );
}
