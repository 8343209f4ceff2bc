import { readFile, rm } from "node:fs/promises";
import { z } from "zod";
import { isMissing, writeFileAtomically } from "../agent/files.ts";
import { PROGRAM_FOLDER } from "./configuration.ts";
import type { InstalledRecord } from "./plan.ts";

/** Where an install remembers what it wrote: by it, an administrator's change is told from an old version of ours. */
export const RECORD_FILE = `${PROGRAM_FOLDER}/installed.json`;

const RecordSchema = z.strictObject({
  schema: z.literal(1),
  /** Path to the SHA-256 digests of what was written there; more than one after an interruption. */
  files: z.record(z.string(), z.array(z.string())),
});

/** Reads what earlier installs wrote; nothing where there was none. */
export async function readRecord(): Promise<InstalledRecord> {
  let text: string;
  try {
    text = await readFile(RECORD_FILE, "utf8");
  } catch (error) {
    if (isMissing(error)) return {};
    throw error;
  }
  try {
    return RecordSchema.parse(JSON.parse(text)).files;
  } catch (cause) {
    throw new Error(
      `${RECORD_FILE} cannot be read. Remove it: files that differ are then shown before they are overwritten.`,
      { cause },
    );
  }
}

/** Remembers what was written. */
export async function writeRecord(files: InstalledRecord): Promise<void> {
  const record: z.infer<typeof RecordSchema> = { schema: 1, files: Object.fromEntries(mutable(files)) };
  await writeFileAtomically(RECORD_FILE, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Forgets it. */
export async function removeRecord(): Promise<void> {
  await rm(RECORD_FILE, { force: true });
}

function mutable(files: InstalledRecord): [string, string[]][] {
  return Object.entries(files).map(([path, digests]) => [path, [...digests]]);
}
