import { constants } from "node:fs";
import { lstat, mkdir, open, readFile, readlink, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isMissing, syncFolderOf } from "../agent/files.ts";
import type { AccountNumbers } from "./accounts.ts";
import type { InstalledFile, InstalledFolder } from "./configuration.ts";
import type { FoundFile } from "./plan.ts";

/** The permission bits of a mode. */
const PERMISSIONS = 0o7777;

/** Reads a file; undefined when there is none. A link is read, and replaced by a file when it is written. */
export async function findFile(path: string, accounts: AccountNumbers): Promise<FoundFile | undefined> {
  try {
    const [content, { mode, uid, gid }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    return { content, mode: mode & PERMISSIONS, owner: accounts.name({ uid, gid }) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Writes a file so that a reader, or a crash, sees the old one or the new one whole, never one with a wrong owner. The
 * temporary's name begins with a dot: HTCondor reads no such file in its folder of configuration.
 */
export async function writeInstalledFile(file: InstalledFile, accounts: AccountNumbers): Promise<void> {
  const { uid, gid } = accounts.number(file.owner);
  const temporary = join(dirname(file.path), `.${basename(file.path)}.condor-cloud-new`);
  await rm(temporary, { force: true });
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(file.content);
    await handle.chown(uid, gid);
    await handle.chmod(file.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file.path);
  await syncFolderOf(file.path);
}

/**
 * Keeps a copy of a file that is about to be overwritten, beside earlier ones: NAME~, NAME.2~, … HTCondor reads no file
 * whose name ends in `~`.
 *
 * @returns the copy's path
 */
export async function keepCopy(path: string): Promise<string> {
  let copy = `${path}~`;
  for (let number = 2; await exists(copy); number++) copy = `${path}.${number}~`;
  const [content, { mode, uid, gid }] = await Promise.all([readFile(path), stat(path)]);
  const handle = await open(copy, "wx", 0o600);
  try {
    await handle.writeFile(content);
    await handle.chown(uid, gid);
    await handle.chmod(mode & PERMISSIONS);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolderOf(copy);
  return copy;
}

/** Whether there is something at a path, if only a link that leads nowhere. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Root follows no link where it sets an owner: whoever has the folder above could lead it to any file. */
async function refuseLink(path: string): Promise<void> {
  const target = await readlink(path).catch(() => undefined);
  if (target === undefined) return;
  throw new Error(
    `${path} is a link to ${target}, which is not followed. Remove the link; for a folder, name ${target} itself ` +
      'as "stateFolder" in node.json, or mount it there (mount --bind).',
  );
}

/** Gives a file its owner and mode. */
export async function setOwnerAndMode(
  file: Pick<InstalledFile, "path" | "owner" | "mode">,
  accounts: AccountNumbers,
): Promise<void> {
  await setThrough(file, accounts, constants.O_RDONLY | constants.O_NOFOLLOW);
}

/** Whether a folder is as it should be. */
export async function isFolderRight(folder: InstalledFolder, accounts: AccountNumbers): Promise<boolean> {
  try {
    const { mode, uid, gid } = await lstat(folder.path);
    return (mode & PERMISSIONS) === folder.mode && accounts.name({ uid, gid }) === folder.owner;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Makes a folder and its parents, or gives it its owner and mode. */
export async function makeFolder(folder: InstalledFolder, accounts: AccountNumbers): Promise<void> {
  await refuseLink(folder.path);
  await mkdir(folder.path, { recursive: true, mode: 0o755 });
  await setThrough(folder, accounts, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

/** Through an open file: whoever owns the folder above could put a link to a file of root's in its place. */
async function setThrough(
  { path, owner, mode }: Pick<InstalledFile, "path" | "owner" | "mode">,
  accounts: AccountNumbers,
  flags: number,
): Promise<void> {
  const { uid, gid } = accounts.number(owner);
  await refuseLink(path);
  const handle = await open(path, flags);
  try {
    await handle.chown(uid, gid);
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}
