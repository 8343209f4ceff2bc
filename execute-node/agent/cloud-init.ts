import { z } from "zod";
import type { GuestReport } from "../../contract/node-report.ts";

/** How far cloud-init is, and its own errors where it failed. */
export type CloudInit = Pick<GuestReport, "cloudInit" | "errors">;

/** Where cloud-init says that it has ended, and until then how far it is (cloud-init manual, "status"). */
export const RESULT_FILE = "/run/cloud-init/result.json";
export const STATUS_FILE = "/run/cloud-init/status.json";

const ERRORS_MAX = 5;
const ERROR_MAX = 500;

const Result = z.object({ v1: z.object({ errors: z.array(z.string()) }) });

/**
 * What cloud-init's files say. Errors that it recovered from are warnings: it calls itself done then.
 *
 * @param result - the text of {@link RESULT_FILE}; undefined: there is none
 * @param status - the text of {@link STATUS_FILE}; undefined: there is none, or it was not asked for
 * @returns undefined where there is no sign of cloud-init
 */
export function cloudInitByFiles(result: string | undefined, status: string | undefined): CloudInit | undefined {
  const parsed = Result.safeParse(jsonOf(result));
  if (parsed.success) return ended(parsed.data.v1.errors);
  return result === undefined && status === undefined ? undefined : { cloudInit: "running" };
}

/** While cloud-init writes a file, or where a guest writes nonsense, there is nothing in it. */
function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ended(errors: readonly string[]): CloudInit {
  if (errors.length === 0) return { cloudInit: "done" };
  const told = [...new Set(errors.map(oneLine))].slice(0, ERRORS_MAX);
  return { cloudInit: "failed", errors: told };
}

/** What a guest wrote, for people's terminals: no control characters, of bounded length. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, ERROR_MAX);
}

/** What the console of a guest says at the begin of a line of cloud-init's: the kernel's clock and the process. */
const LINE_START = /^(?:\[\s*[\d.]+\]\s*)?(?:cloud-init\[\d+\]:\s*)?/;

/** The last line of the last stage, by its module `final_message`, of which users may change the text. */
const FINISHED = /^Cloud-init v\. \S+ finished at /;
const RUNNING = /^Cloud-init v\. \S+ running '/;

/** A module that failed, in cloud-init's own log (`cloudinit/config/modules.py`), which goes to the console, too. */
const MODULE_FAILED =
  /(?:\[(?:WARNING|ERROR|CRITICAL)\]: )((?:Running module .+ failed|Failed to run module .+|Failed running .+|failed stage .+).*)$/;

/** What systemd says of one of cloud-init's units, whose name it may shorten in the middle. After the last nothing comes. */
const UNIT_FAILED = /^\[\s*FAILED\s*\] (Failed to start cloud-(?:init|config|final)\S*.*)$/;
const LAST_UNIT = /^Failed to start cloud-final/;

/**
 * What a guest's serial console says of cloud-init, for guests without a guest agent: the final line, with the failures
 * that stand before it. A guest may print anything.
 *
 * @returns undefined where it says nothing of it
 */
export function cloudInitByConsole(text: string): CloudInit | undefined {
  const errors: string[] = [];
  let isThere = false;
  let isOver = false;
  for (const raw of text.split("\n")) {
    const line = withoutEscapes(raw).trim().replace(LINE_START, "");
    const failure = MODULE_FAILED.exec(line)?.[1] ?? UNIT_FAILED.exec(line)?.[1];
    if (failure !== undefined) errors.push(failure);
    isThere ||= failure !== undefined || RUNNING.test(line);
    isOver ||= FINISHED.test(line) || (failure !== undefined && LAST_UNIT.test(failure));
  }
  if (isOver) return ended(errors);
  return isThere ? { cloudInit: "running" } : undefined;
}

/** Colours and cursor movements (ECMA-48, control sequences). */
function withoutEscapes(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins each of them
  return line.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, "");
}
