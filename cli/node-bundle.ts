import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BUNDLE_FILE } from "../execute-node/install/configuration.ts";

/**
 * The path of the execute node's bundle: beside the built modules, or in dist/ when the sources run. Where there is none
 * yet it is the path at which a build would put it.
 */
export function nodeBundle(): string {
  const [built, fromSources] = [`../execute-node/${BUNDLE_FILE}`, `../dist/execute-node/${BUNDLE_FILE}`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return built !== undefined && existsSync(built) ? built : (fromSources ?? "");
}
