import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "../command.ts";
import { type Asset, asset } from "../paths.ts";

/** A build that runs on the pool's root, so that the machine that runs us needs none of its tools. */
export interface Build {
  /** The folder of the pool's root, which stays as it is. */
  readonly root: string;
  /** The script that is run; it finds all files in `/`, under their own names. */
  readonly script: Asset;
  /** What it is given, besides the path where it is to leave the disk, which comes first. */
  readonly args: readonly string[];
  /** What else it needs. */
  readonly files?: readonly Asset[];
  /** Puts more into the root that the build sees, by its folder. */
  readonly prepare?: (folder: string) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** Where the script leaves the disk. */
const DISK = "out.qcow2";

/** Runs a build in an overlay of the pool's root that vanishes with the mount namespace it is mounted in. */
export async function buildInRoot(image: string, build: Build): Promise<void> {
  const folder = `${image}-folder`; // cleared with the image's own leftovers
  const upper = join(folder, "upper");
  try {
    for (const name of ["upper", "work", "merged"]) await mkdir(join(folder, name), { recursive: true, mode: 0o755 });
    for (const file of [build.script, ...(build.files ?? [])]) await copyFile(asset(file), join(upper, basename(file)));
    await build.prepare?.(upper);
    const args = [asset("in-root.sh"), folder, build.root, `/${build.script}`, `/${DISK}`, ...build.args];
    await run("sh", args, { signal: build.signal, contained: true, timeoutSeconds: 300 });
    await rename(join(upper, DISK), image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
