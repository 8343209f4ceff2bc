import { inLowerCase } from "../../contract/classad.ts";
import { UnexpectedOutputError } from "./errors.ts";
import { maskAds } from "./log.ts";

/** An ad as `-json` prints it, its names in lower case, without what is undefined. */
export type Ad = Readonly<Record<string, unknown>>;

/**
 * Reads the answer of a query with `-json`. No output at all means no ads (measured, for `condor_q` too: see
 * ask-queue.ts); anything else must be one whole JSON array.
 */
export function parseAds(command: string, output: string): Ad[] {
  if (output.trim() === "") return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(output);
  } catch (cause) {
    throw unexpected(command, output, cause);
  }
  if (!isAds(parsed)) throw unexpected(command, output);
  return parsed.map(inLowerCase);
}

function isAds(parsed: unknown): parsed is Ad[] {
  return Array.isArray(parsed) && parsed.every((ad) => typeof ad === "object" && ad !== null && !Array.isArray(ad));
}

/** An answer that cannot be read, with the beginning of it. */
export function unexpected(command: string, output: string, cause?: unknown): UnexpectedOutputError {
  const beginning = maskAds(output.trim()).slice(0, 300);
  return new UnexpectedOutputError(command, {
    what: `${command} answered something that cannot be read (${output.length} characters).`,
    why: beginning === "" ? "The answer is empty." : `It begins: ${JSON.stringify(beginning)}`,
    remedy: "Run the command by hand; a wrapper or a broken installation may print more than HTCondor does.",
    cause,
  });
}
