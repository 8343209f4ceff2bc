import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { InvalidInputError } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { digestFile, fileStamp } from "../store/digest.ts";
import { systemErrorCode } from "../store/errors.ts";
import { inspectFile } from "../store/inspect.ts";

/** The names under which disk images are known in a folder that holds other things too. */
const IMAGE_EXTENSIONS = [".qcow2", ".raw", ".img"];

/** What a source held when it was last read: its digest, and how to tell without reading that it is still the same. */
export interface KnownContent {
  readonly digest?: unknown;
  readonly sourceStamp?: unknown;
}

/** What a source holds; the stamp is absent while the file is too fresh to have one. */
export interface SourceContent {
  readonly digest: string;
  readonly sourceStamp: string | undefined;
}

/**
 * The disk image that a source path means: the file itself, or the only disk image in the folder.
 *
 * @throws InvalidInputError saying what is there instead
 */
export async function findSourceFile(source: string): Promise<string> {
  const found = await statSource(source);
  if (found.isFile()) return source;
  if (!found.isDirectory()) {
    throw new InvalidInputError({
      what: `The source ${source} is neither a file nor a folder.`,
      remedy: "Give the path of a disk image, or of a folder that holds exactly one.",
    });
  }
  const names = (await readdir(source)).filter((name) => IMAGE_EXTENSIONS.includes(extname(name).toLowerCase())).sort();
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return join(source, only);
  throw new InvalidInputError({
    what: `The folder ${source} must hold exactly one disk image (${IMAGE_EXTENSIONS.join(", ")}).`,
    why: only === undefined ? "It holds none." : `It holds ${names.join(", ")}.`,
    remedy: "Give the path of the file.",
  });
}

/**
 * Reads what a source holds and makes sure that it can serve as a disk image; reads nothing when the file is the one
 * that was read before.
 *
 * @param known - what the last reading found
 */
export async function readSource(source: string, known: KnownContent, operation: Operation): Promise<SourceContent> {
  const path = await findSourceFile(source);
  const stamp = await fileStamp(path);
  if (stamp !== undefined && stamp === known.sourceStamp && typeof known.digest === "string") {
    return { digest: known.digest, sourceStamp: stamp };
  }
  await inspectFile(path).catch((error: unknown) => {
    throw unreadable(source, error);
  });
  const digest = await digestFile(path, operation, `reading ${path}`);
  const unchanged = (await fileStamp(path)) === stamp;
  return { digest, sourceStamp: unchanged ? stamp : undefined };
}

async function statSource(source: string) {
  return stat(source).catch((error: unknown) => {
    throw unreadable(source, error);
  });
}

function unreadable(source: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  return new InvalidInputError({
    what: code === "ENOENT" ? `The source ${source} does not exist.` : `The source ${source} cannot be read.`,
    why: code === "ENOENT" ? undefined : String(error),
    remedy: "Give the path of a disk image, or of a folder that holds exactly one.",
    cause: error,
  });
}
