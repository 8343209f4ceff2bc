import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { withLock } from "../../sandbox/lock.ts";

const root = join(import.meta.dirname, "..", "..");

/**
 * Packs the package and installs the tarball into an empty project, as a user would.
 *
 * @returns the path of the tarball
 */
export async function installPacked(folder: string): Promise<string> {
  const pack = ["pack", "--silent", "--pack-destination", folder];
  // Packing builds dist/ anew, and another group of tests may be packing beside this one.
  const packed = await withLock(join(root, ".build", "pack.lock"), {}, () =>
    execa("npm", pack, { cwd: root, stderr: "inherit" }),
  );
  const tarball = join(folder, packed.stdout.trim().split("\n").at(-1) ?? "");
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await execa("npm", [...install, tarball, "@pulumi/pulumi@3.270.0", "typescript@6"], {
    cwd: folder,
    stderr: "inherit",
  });
  return tarball;
}
