import { rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import type { AccountNumbers } from "./accounts.ts";
import type { InstalledFile } from "./configuration.ts";
import { findFile, keepCopy, setOwnerAndMode, writeInstalledFile } from "./disk.ts";
import { fileDiff } from "./file-diff.ts";
import { type FileAction, type FoundFile, type InstalledRecord, recordAfter, recordBefore } from "./plan.ts";
import type { Printer } from "./printer.ts";
import { writeRecord } from "./record.ts";

/** Those of the files that are there, by path. */
export async function findFiles(paths: readonly string[], accounts: AccountNumbers): Promise<Map<string, FoundFile>> {
  const found = await Promise.all(paths.map(async (path) => [path, await findFile(path, accounts)] as const));
  return new Map(found.flatMap(([path, file]) => (file === undefined ? [] : [[path, file] as const])));
}

/** What would be done, with the differences of what is there already. */
export function showPlan(actions: readonly FileAction[], printer: Printer): void {
  for (const action of actions) {
    if (action.action === "keep") continue;
    printer.line(`would ${action.action} ${action.path}`);
    if (action.action === "update" || action.action === "overwrite") {
      printer.line(fileDiff(action.path, action.found, action.file.content));
    }
  }
}

/** Shows what somebody else changed. On a terminal it may be overwritten by a yes, elsewhere by `--overwrite` alone. */
export async function mayOverwrite(
  actions: readonly FileAction[],
  overwrite: boolean,
  printer: Printer,
): Promise<boolean> {
  for (const action of actions) {
    if (action.action !== "overwrite") continue;
    printer.line(`${action.path} was changed since it was installed, or is not ours:`);
    printer.line(fileDiff(action.path, action.found, action.file.content));
    if (overwrite) continue;
    const answer = await printer.confirm(`Overwrite ${action.path}? A copy stays beside it.`);
    if (answer === true) continue;
    printer.line(
      "Nothing was written. Move what is yours into a file that HTCondor reads later, or install with --overwrite.",
    );
    return false;
  }
  return true;
}

/** Does what was planned, and remembers what was written. */
export async function writeFiles(
  actions: readonly FileAction[],
  files: readonly InstalledFile[],
  record: InstalledRecord,
  accounts: AccountNumbers,
  printer: Printer,
): Promise<void> {
  if (actions.some(({ action }) => action !== "keep")) await writeRecord(recordBefore(files, record));
  for (const action of actions) {
    if (action.action === "overwrite")
      printer.progress(`${action.path} as it was stays in ${await keepCopy(action.path)}`);
    await writeOne(action, accounts);
    if (action.action === "leave") {
      printer.line(`${action.path} is no longer needed; it was changed, so it stays`);
    } else if (action.action !== "keep") {
      printer.progress(`${PAST[action.action]} ${action.path}`);
    }
  }
  const after = recordAfter(files);
  if (!isDeepStrictEqual(after, record)) await writeRecord(after);
}

const PAST = {
  create: "wrote",
  set: "set owner and mode of",
  update: "updated",
  overwrite: "overwrote",
  remove: "removed",
} as const;

async function writeOne(action: FileAction, accounts: AccountNumbers): Promise<void> {
  switch (action.action) {
    case "create":
    case "update":
    case "overwrite":
      return writeInstalledFile(action.file, accounts);
    case "set":
      return setOwnerAndMode(action.file, accounts);
    case "remove":
      return rm(action.path, { force: true });
    case "keep":
    case "leave":
      return;
  }
}
