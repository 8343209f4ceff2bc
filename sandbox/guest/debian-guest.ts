import { join } from "node:path";
import { requireDebianTools, requireDiskSpace } from "../actions/preflight.ts";
import { run } from "../command.ts";
import { asset, cacheFolder } from "../paths.ts";
import { shellQuote } from "../shell-quote.ts";
import { cachedGuest, type GuestOptions } from "./cached.ts";
import { buildInRoot } from "./in-root.ts";

const SUITE = "trixie";

/** The disk, in MiB. The root grows to whatever a machine's disk is. */
const SIZE_MIB = 2048;

/** What making it takes for a while: the root's files twice, as files and as a file system. */
const NEEDED_GIB = 2;

const PACKAGES = [
  ...["linux-image-cloud-amd64", "initramfs-tools", "zstd", "systemd-boot-efi", "e2fsprogs"],
  ...["systemd-sysv", "systemd-resolved", "systemd-repart", "udev", "dbus", "libnss-myhostname"],
  ...["cloud-init", "cloud-guest-utils", "openssh-server", "qemu-guest-agent", "sudo", "iproute2", "iputils-ping"],
];

/** What no guest of this kind reads. They are excluded inside it for ever, so that an upgrade brings none back. */
const EXCLUDED = [
  ...["doc", "man", "info", "locale", "i18n", "lintian", "bug"].map((folder) => `/usr/share/${folder}/*`),
  "/usr/lib/udev/hwdb.d/*",
  "/usr/share/initramfs-tools/*/udev",
];

const DPKG_OPTIONS = [...EXCLUDED.map((path) => `path-exclude=${path}`), "path-include=/usr/share/doc/*/copyright"];

/**
 * Gets a real Debian 13 cloud guest, made of Debian's packages alone: kernel, systemd with networkd, cloud-init (NoCloud
 * seeds alone), OpenSSH and the QEMU guest agent, on a disk of 2 GiB that takes 130 MB. It boots by BIOS and by UEFI, takes
 * its address by DHCP, grows its root to its disk, and powers off when its power button is pressed. Its user is `debian`,
 * with the seed's keys and sudo, and nobody has a password. It needs 512 MiB of memory. Emulated on two cores it answers
 * SSH after about 25 s.
 *
 * It is built with the tools of the pool's root, which is made when it is not there yet, in about 45 s.
 *
 * @returns the path of the cached qcow2 file
 */
export async function debianGuest(options: GuestOptions): Promise<string> {
  const { reporter, signal } = options;
  const recipe = {
    name: "debian-guest",
    what: "a Debian guest",
    scripts: ["debian-guest-initramfs.sh", "debian-guest-system.sh", "build-debian-guest.sh", "in-root.sh"],
    settings: [SUITE, PACKAGES, DPKG_OPTIONS, SIZE_MIB],
  } as const;
  return cachedGuest(recipe, options, async (image, root) => {
    await requireDiskSpace(cacheFolder(), NEEDED_GIB);
    await requireDebianTools(reporter, signal);
    await buildInRoot(image, {
      root,
      script: "build-debian-guest.sh",
      args: ["/guest", String(SIZE_MIB)],
      prepare: (folder) => install(join(folder, "guest"), options),
      signal,
    });
  });
}

/** Installs Debian into a folder that is not there yet. */
async function install(folder: string, { reporter, signal }: GuestOptions): Promise<void> {
  const hook = (file: "debian-guest-initramfs.sh" | "debian-guest-system.sh") => `sh ${shellQuote(asset(file))} "$1"`;
  const args = [
    ...["--mode=root", "--variant=minbase", "--format=directory"],
    ...DPKG_OPTIONS.map((option) => `--dpkgopt=${option}`),
    '--aptopt=Acquire::Languages "none"',
    `--include=${PACKAGES.join(",")}`,
    `--essential-hook=${hook("debian-guest-initramfs.sh")}`,
    `--customize-hook=${hook("debian-guest-system.sh")}`,
    ...[SUITE, folder],
  ];
  await run("mmdebstrap", args, {
    signal,
    contained: true,
    timeoutSeconds: 1800,
    onLine: (line) => /^I: (?!automatically|chroot|finding)/.test(line) && reporter.say(line.slice(3)),
  });
}
