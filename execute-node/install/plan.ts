import { createHash } from "node:crypto";
import type { InstalledFile } from "./configuration.ts";

/** A file as it lies on the disk. */
export interface FoundFile {
  readonly content: string;
  readonly mode: number;
  /** `user:group`; a number where an account has no name. */
  readonly owner: string;
}

/** What an earlier install wrote: the digests that a file of ours may have, by path. */
export type InstalledRecord = Readonly<Record<string, readonly string[]>>;

/** What an install does about one file. */
export type FileAction =
  /** It is as it should be. */
  | { readonly action: "keep"; readonly path: string }
  /** Its content is right, its owner or mode is not. */
  | { readonly action: "set"; readonly path: string; readonly file: InstalledFile }
  | { readonly action: "create"; readonly path: string; readonly file: InstalledFile }
  /** It is an old version of ours. */
  | { readonly action: "update"; readonly path: string; readonly file: InstalledFile; readonly found: string }
  /** Somebody else wrote or changed it. */
  | { readonly action: "overwrite"; readonly path: string; readonly file: InstalledFile; readonly found: string }
  /** An earlier version of ours installed it, and this one does not need it. */
  | { readonly action: "remove"; readonly path: string }
  /** The same, but somebody has changed it since. */
  | { readonly action: "leave"; readonly path: string };

/**
 * Decides what is to be done about each file. Pure.
 *
 * @param wanted - the files of this version
 * @param recorded - what earlier installs wrote
 * @param found - what lies on the disk, by path, of all paths that are wanted or recorded
 */
export function planFiles(
  wanted: readonly InstalledFile[],
  recorded: InstalledRecord,
  found: ReadonlyMap<string, FoundFile>,
): FileAction[] {
  const isOurs = (path: string, content: string) => recorded[path]?.includes(digestOf(content)) ?? false;
  const actions = wanted.map((file): FileAction => {
    const { path } = file;
    const present = found.get(path);
    if (present === undefined) return { action: "create", path, file };
    if (present.content === file.content) {
      const isRight = present.mode === file.mode && present.owner === file.owner;
      return isRight ? { action: "keep", path } : { action: "set", path, file };
    }
    return { action: isOurs(path, present.content) ? "update" : "overwrite", path, file, found: present.content };
  });
  return [...actions, ...planRemoval(withoutWanted(recorded, wanted), found)];
}

/** Decides what is to be done about files that are no longer wanted. Pure. */
export function planRemoval(recorded: InstalledRecord, found: ReadonlyMap<string, FoundFile>): FileAction[] {
  return Object.entries(recorded).flatMap(([path, digests]): FileAction[] => {
    const present = found.get(path);
    if (present === undefined) return [];
    return [{ action: digests.includes(digestOf(present.content)) ? "remove" : "leave", path }];
  });
}

/**
 * The record to write before the files are: whatever an interruption leaves, each file has a content that is recorded,
 * and the next install knows it as ours.
 */
export function recordBefore(wanted: readonly InstalledFile[], recorded: InstalledRecord): InstalledRecord {
  const record: Record<string, readonly string[]> = { ...recorded };
  for (const { path, content } of wanted) record[path] = [...new Set([...(recorded[path] ?? []), digestOf(content)])];
  return record;
}

/** The record to write once all files are. */
export function recordAfter(wanted: readonly InstalledFile[]): InstalledRecord {
  return Object.fromEntries(wanted.map(({ path, content }) => [path, [digestOf(content)]]));
}

/** The SHA-256 of a file's text, in hexadecimal digits. */
export function digestOf(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}

function withoutWanted(recorded: InstalledRecord, wanted: readonly InstalledFile[]): InstalledRecord {
  const paths = new Set(wanted.map(({ path }) => path));
  return Object.fromEntries(Object.entries(recorded).filter(([path]) => !paths.has(path)));
}
