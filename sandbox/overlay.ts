import { chmod, chown, lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { InstalledFile, InstalledFolder } from "../execute-node/install/configuration.ts";
import type { Accounts } from "./accounts.ts";

/** The two layers of a machine that is not running. */
export interface Layers {
  /** The read-only root. */
  readonly lower: string;
  /** What the machine has of its own. */
  readonly upper: string;
  /** The root's accounts. */
  readonly accounts: Accounts;
}

/** Puts a file into the upper layer. The machine must not run: a mounted overlay's layers are not to be changed. */
export async function writeFileInto(layers: Layers, file: InstalledFile): Promise<void> {
  const path = join(layers.upper, file.path);
  await makeParents(layers, dirname(file.path));
  await rm(path, { force: true });
  await writeFile(path, file.content, { mode: 0o600 });
  await setOwner(path, layers.accounts.resolve(file.owner), file.mode);
}

/** Puts a folder into the upper layer, or sets its owner and mode where it is there. */
export async function makeFolderIn(layers: Layers, folder: InstalledFolder): Promise<void> {
  await makeParents(layers, folder.path);
  await setOwner(join(layers.upper, folder.path), layers.accounts.resolve(folder.owner), folder.mode);
}

/** A folder in the upper layer hides the lower one's owner and mode, so it gets the same. */
async function makeParents(layers: Layers, folder: string): Promise<void> {
  if (folder === "/") return;
  await makeParents(layers, dirname(folder));
  const path = join(layers.upper, folder);
  if (!(await mkdir(path).then(() => true, ignoreExisting))) return;
  const below = await lstat(join(layers.lower, folder)).catch(() => undefined);
  await setOwner(path, below ?? { uid: 0, gid: 0 }, below ? below.mode & 0o7777 : 0o755);
}

async function setOwner(path: string, owner: { uid: number; gid: number }, mode: number): Promise<void> {
  await chown(path, owner.uid, owner.gid);
  await chmod(path, mode);
}

function ignoreExisting(error: NodeJS.ErrnoException): false {
  if (error.code === "EEXIST") return false;
  throw error;
}
