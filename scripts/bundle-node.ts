import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUNDLE_FILE } from "../execute-node/install/configuration.ts";

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));
const IN_PACKAGE = join(PROJECT, "dist", "execute-node", BUNDLE_FILE);

/**
 * Bundles what runs on an execute node into one file for Node.js 20, so that a node needs neither npm nor a registry.
 *
 * @param outfile - where to; default: the package's own place
 * @returns the path of the bundle
 */
export async function bundleNode(outfile = IN_PACKAGE): Promise<string> {
  await build({
    entryPoints: [join(PROJECT, "execute-node", "main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: "// Condor Cloud for Pulumi, execute node. Apache-2.0." },
    logLevel: "warning",
  });
  return outfile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await bundleNode());
