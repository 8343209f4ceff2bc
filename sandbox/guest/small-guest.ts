import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Reporter } from "../actions/action.ts";
import { makePoolRoot, poolRootFolder } from "../actions/root.ts";
import { makeOnce } from "../cache.ts";
import { run } from "../command.ts";
import { asset, cacheFolder } from "../paths.ts";

/**
 * Gets a small real Linux guest: Debian's cloud kernel and a busybox user space on a disk of 24 MiB that boots in seconds
 * even when it is emulated. It says its progress on the serial console (`GUEST-UP seconds`, `GUEST-IP address`,
 * `GUEST-OFF reason`), takes an address by DHCP, powers off when its power button is pressed, takes its host name from
 * a NoCloud seed, and serves on TCP port 80: `/id` (address and host name), `/cgi-bin/poweroff`, `/cgi-bin/reboot`. It
 * needs 96 MiB of memory.
 *
 * It is built with the tools and packages of the pool's root, which is made when it is not there yet.
 *
 * @returns the path of the cached qcow2 file
 */
export async function smallGuest(options: { reporter: Reporter; signal?: AbortSignal | undefined }): Promise<string> {
  const { reporter, signal } = options;
  const scripts = [asset("build-guest.sh"), asset("guest-init.sh")];
  const texts = await Promise.all(scripts.map((script) => readFile(script, "utf8")));
  const hash = createHash("sha256")
    .update(JSON.stringify([basename(await poolRootFolder()), texts]))
    .digest("hex")
    .slice(0, 12);
  const image = join(cacheFolder(), `small-guest-${hash}.qcow2`);
  if (existsSync(image)) return image;
  const root = await makePoolRoot({ reporter, signal });
  return makeOnce(image, { reporter, signal, what: "the small guest" }, (temporary) =>
    build(root, scripts, temporary, signal),
  );
}

/** Runs the build in an overlay of the root that vanishes with the mount namespace it is mounted in. */
async function build(
  root: string,
  scripts: readonly string[],
  image: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = `${image}-folder`; // cleared with the image's own leftovers
  try {
    await mkdir(folder);
    for (const name of ["upper", "work", "merged"]) await mkdir(join(folder, name));
    const args = [asset("in-root.sh"), folder, root, ...scripts];
    await run("sh", args, { signal, contained: true, timeoutSeconds: 300 });
    await rename(join(folder, "upper/out.qcow2"), image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
