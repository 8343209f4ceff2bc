import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** The ending of a file that is being written; what still has it when the agent starts belonged to a dead one. */
export const TEMPORARY_SUFFIX = ".tmp";

/** Writes a small file so that a reader, or a crash, sees the old one or the new one whole. */
export async function writeFileAtomically(path: string, content: string, mode = 0o644): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`;
  const file = await open(temporary, "w", mode);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Makes the names in a file's folder survive a crash of the machine. */
export async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Whether an error says that a file is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
