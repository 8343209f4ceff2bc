import type { Firmware } from "../../contract/image-manifest.ts";
import { cachedGuest, type GuestOptions } from "./cached.ts";
import { buildInRoot } from "./in-root.ts";

/**
 * Gets a small real Linux guest: Debian's cloud kernel and a busybox user space on a disk of 24 MiB that boots in seconds
 * even when it is emulated. It says its progress on the serial console (`GUEST-FIRMWARE bios`, `GUEST-UP seconds`,
 * `GUEST-IP address`, `GUEST-OFF reason`), takes an address by DHCP, powers off when its power button is pressed, takes
 * its host name from a NoCloud seed, and serves on TCP port 80: `/id` (address and host name), `/cgi-bin/poweroff`,
 * `/cgi-bin/reboot`, `/cgi-bin/ask?ADDRESS` (what the small guest at that address says at `/id`), and `/cgi-bin/hang`,
 * after which nobody feeds its watchdog. It needs 96 MiB of memory.
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

async function guest(firmware: Firmware, options: GuestOptions): Promise<string> {
  const isBios = firmware === "bios";
  const recipe = {
    name: isBios ? "small-guest" : "uefi-guest",
    what: isBios ? "the small guest" : "the small UEFI guest",
    scripts: ["build-guest.sh", "guest-init.sh", "in-root.sh"],
  } as const;
  return cachedGuest(recipe, options, (image, root) =>
    buildInRoot(image, {
      root,
      script: "build-guest.sh",
      args: [firmware],
      files: ["guest-init.sh"],
      signal: options.signal,
    }),
  );
}
