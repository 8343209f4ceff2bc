import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Firmware } from "../../contract/image-manifest.ts";
import type { Reporter } from "../actions/action.ts";
import { makePoolRoot, poolRootFolder } from "../actions/root.ts";
import { makeOnce } from "../cache.ts";
import { run } from "../command.ts";
import { asset, cacheFolder } from "../paths.ts";

/** What making a guest needs. */
export interface GuestOptions {
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets a small real Linux guest: Debian's cloud kernel and a busybox user space on a disk of 24 MiB that boots in seconds
 * even when it is emulated. It says its progress on the serial console (`GUEST-FIRMWARE bios`, `GUEST-UP seconds`,
 * `GUEST-IP address`, `GUEST-OFF reason`), takes an address by DHCP, powers off when its power button is pressed, takes
 * its host name from a NoCloud seed, and serves on TCP port 80: `/id` (address and host name), `/cgi-bin/poweroff`,
 * `/cgi-bin/reboot`, and `/cgi-bin/hang`, after which nobody feeds its watchdog. It needs 96 MiB of memory.
 *
 * It is built with the tools and packages of the pool's root, which is made when it is not there yet.
 *
 * @returns the path of the cached qcow2 file
 */
export async function smallGuest(options: GuestOptions): Promise<string> {
  return guest("bios", options);
}

/** Gets the guest of {@link smallGuest} on a disk that only UEFI starts: the boot loader of systemd on an EFI partition. */
export async function uefiGuest(options: GuestOptions): Promise<string> {
  return guest("uefi", options);
}

async function guest(firmware: Firmware, { reporter, signal }: GuestOptions): Promise<string> {
  const scripts = [asset("build-guest.sh"), asset("guest-init.sh")];
  const texts = await Promise.all(scripts.map((script) => readFile(script, "utf8")));
  const hash = createHash("sha256")
    .update(JSON.stringify([basename(await poolRootFolder()), texts]))
    .digest("hex")
    .slice(0, 12);
  const name = firmware === "bios" ? "small-guest" : "uefi-guest";
  const image = join(cacheFolder(), `${name}-${hash}.qcow2`);
  if (existsSync(image)) return image;
  const root = await makePoolRoot({ reporter, signal });
  const what = firmware === "bios" ? "the small guest" : "the small UEFI guest";
  return makeOnce(image, { reporter, signal, what }, (temporary) =>
    build(root, [...scripts, firmware], temporary, signal),
  );
}

/** Runs the build in an overlay of the root that vanishes with the mount namespace it is mounted in. */
async function build(
  root: string,
  buildArguments: readonly string[],
  image: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = `${image}-folder`; // cleared with the image's own leftovers
  try {
    await mkdir(folder);
    for (const name of ["upper", "work", "merged"]) await mkdir(join(folder, name));
    const args = [asset("in-root.sh"), folder, root, ...buildArguments];
    await run("sh", args, { signal, contained: true, timeoutSeconds: 300 });
    await rename(join(folder, "upper/out.qcow2"), image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
