/** Builds the package into dist/: the modules, the execute node's bundle, and the files that no compiler makes. */
import { cp, glob, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { bundleNode } from "./bundle-node.ts";

const root = join(import.meta.dirname, "..");

/** Builds everything anew; throws with the compiler's own words. */
export async function build(): Promise<void> {
  await rm(join(root, "dist"), { recursive: true, force: true });
  await execa("tsc", ["-p", "tsconfig.build.json"], {
    cwd: root,
    preferLocal: true,
    stdout: process.stderr,
    stderr: "inherit",
  });
  await bundleNode();
  for await (const asset of glob("sandbox/**/*.sh", { cwd: root }))
    await cp(join(root, asset), join(root, "dist", asset));
}

if (import.meta.main) await build();
