import { rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isMissing } from "../agent/files.ts";
import { messageOf } from "../agent/refusal.ts";
import { CONFIGURATION_FILE, type ResolvedNodeConfiguration } from "../configuration.ts";
import { nodeFolders } from "./configuration.ts";
import type { Printer } from "./printer.ts";

/** Removes what is ours of the state, and node.json. A folder that holds something else, or is a mount, stays. */
export async function purge(configuration: ResolvedNodeConfiguration, printer: Printer): Promise<void> {
  const { stateFolder } = configuration;
  for (const { path } of nodeFolders(configuration)) {
    if (!path.startsWith(`${stateFolder}/`)) continue;
    try {
      await rm(path, { recursive: true, force: true });
      printer.progress(`removed ${path}`);
    } catch (error) {
      if (!isBusy(error)) throw error;
      printer.line(`${path} stays, emptied: ${messageOf(error)}`);
    }
  }
  await removeEmptyFolder(stateFolder, printer);
  await rm(CONFIGURATION_FILE, { force: true });
  printer.progress(`removed ${CONFIGURATION_FILE}`);
  await removeEmptyFolder(dirname(CONFIGURATION_FILE), printer);
}

/** Removes a folder, unless something is in it, and says that it stays. */
export async function removeEmptyFolder(path: string, printer: Printer): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (isMissing(error)) return;
    if (!isBusy(error)) throw error;
    printer.line(`${path} stays: ${messageOf(error)}`);
  }
}

/** A folder that is not empty, a mount, or a link to a folder. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(?:ENOTEMPTY|EBUSY|ENOTDIR)$/.test(String(error.code));
}
