import { delimiter } from "node:path";
import { performance } from "node:perf_hooks";
import { debuglog } from "node:util";
import { execa } from "execa";
import { InterruptedError } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { CommandFailedError, CommandMissingError, PoolUnreachableError, UnexpectedOutputError } from "./errors.ts";
import { commandFailure } from "./failure.ts";
import { describeRun, type Log } from "./log.ts";
import { endGroupAfter } from "./process-group.ts";

/** HTCondor's commands that this project runs. */
export type Command =
  | "condor_submit"
  | "condor_q"
  | "condor_status"
  | "condor_qedit"
  | "condor_rm"
  | "condor_history"
  | "condor_config_val"
  | "condor_tail";

/**
 * Runs one of HTCondor's commands and answers its standard output.
 *
 * @param extra.input - its standard input; absent: none
 * @param extra.schedd - the name of the schedd to ask; absent: the one that the settings name
 * @param extra.deadlineSeconds - after so long without an answer it is ended; absent: the runner's own deadline
 * @param extra.verbatim - the answer is somebody's own text: it is handed on as it is, and kept out of the log
 * @param extra.isOffline - it asks no daemon
 * @param extra.signal - ends the command, as its deadline does
 */
export type Run = (
  command: Command,
  options: readonly string[],
  extra?: {
    readonly input?: string;
    readonly schedd?: string;
    readonly deadlineSeconds?: number;
    readonly verbatim?: boolean;
    readonly isOffline?: boolean;
    readonly signal?: AbortSignal;
  },
) => Promise<string>;

/** What a command may take. */
export interface Bounds {
  /** One that has not answered by then is ended. */
  readonly deadlineSeconds: number;
  /** The most that it may answer, in characters. */
  readonly outputMax: number;
}

/** HTCondor's own network time-outs are 20 s each; the output is some hundred thousand jobs of chosen attributes. */
const BOUNDS: Bounds = { deadlineSeconds: 60, outputMax: 256 * 1024 * 1024 };

/** `NODE_DEBUG=condor-cloud` shows every command and its answer. */
const debug = debuglog("condor-cloud");

/** Where a command is led that shall ask nobody: it asks for its pool even if it does not need one (measured). */
const NOBODY: Record<string, string> = { _CONDOR_COLLECTOR_HOST: "127.0.0.1:9" };

/**
 * Makes the runner of one process's settings. Each command is an argument array, never a shell's text; runs with
 * LANG=C, because its words are read; has a deadline, a bound on its output, and a session of its own, so that a
 * terminal's Ctrl-C does not end a submission half way.
 *
 * @param log - is told of every command and its answer, without secrets
 */
export function openRunner(settings: Settings, log: Log = () => {}, bounds: Partial<Bounds> = {}): Run {
  const { deadlineSeconds: usualSeconds, outputMax } = { ...BOUNDS, ...bounds };
  const path = [settings.commands, process.env.PATH].filter((part) => part !== undefined).join(delimiter);
  return async (command, options, extra = {}) => {
    const { input = "", schedd = settings.schedd, deadlineSeconds = usualSeconds, verbatim = false, signal } = extra;
    const { isOffline = false } = extra;
    const started = performance.now();
    const parameters = [...(isOffline ? [] : whom(command, schedd, settings.pool)), ...options];
    const running = execa(command, parameters, {
      input,
      // Any folder does, and the one that this process is in may be gone.
      cwd: "/",
      env: {
        PATH: path,
        LANG: "C",
        LC_ALL: "C",
        ...(isOffline ? NOBODY : whereToLook(command, schedd, settings.pool)),
      },
      maxBuffer: outputMax,
      stripFinalNewline: !verbatim,
      detached: true,
      reject: false,
    });
    const deadline = endGroupAfter(running.pid, deadlineSeconds, signal);
    const result = await running;
    deadline.cancel();
    // One that could not even be started has said nothing.
    const { exitCode, stdout = "", stderr = "" } = result;
    const seconds = (performance.now() - started) / 1000;
    const shown = verbatim ? `(${stdout.length} characters that are not told)` : stdout;
    const ran = describeRun({ command, options: parameters, input, exitCode, seconds, stdout: shown, stderr });
    debug("%s", ran);
    log(ran);

    if (signal?.aborted === true) throw new InterruptedError({ what: `${command} was interrupted.` });
    if (result.code === "ENOENT") throw new CommandMissingError(command, settings.commands);
    if (result.isMaxBuffer) {
      throw new UnexpectedOutputError(command, {
        what: `${command} answered more than ${outputMax} characters and was ended.`,
        remedy: "Run it by hand; a wrapper or a broken installation may print without end.",
      });
    }
    if (deadline.passed) {
      throw new PoolUnreachableError(command, {
        what: `${command} gave no answer within ${deadlineSeconds} s and was ended.`,
        remedy: "Check that the pool runs and is not overloaded: `condor_status -schedd`.",
      });
    }
    if (result.signal !== undefined) {
      throw new PoolUnreachableError(command, {
        what: `${command} was ended by ${result.signal} before it answered.`,
        why: result.stderr.trim(),
      });
    }
    if (result.failed && result.exitCode === undefined) {
      throw new CommandFailedError(command, { what: `${command} could not be run.`, why: result.originalMessage });
    }
    if (result.failed) throw commandFailure(command, result.exitCode, result.stdout, result.stderr);
    return result.stdout;
  };
}

/**
 * `condor_config_val` takes a pool only beside a daemon's name, which nobody knows of a negotiator: it is led to pool and
 * schedd by the settings themselves (HTCondor manual, "Introduction to Configuration").
 */
function whereToLook(command: Command, schedd: string | undefined, pool: string | undefined): Record<string, string> {
  if (command !== "condor_config_val") return {};
  return {
    ...(pool === undefined ? {} : { _CONDOR_COLLECTOR_HOST: pool }),
    ...(schedd === undefined ? {} : { _CONDOR_SCHEDD_HOST: schedd }),
  };
}

/** Which schedd and which pool a command is to ask. `condor_status` asks the collector, which has no schedd's name. */
function whom(command: Command, schedd: string | undefined, pool: string | undefined): string[] {
  if (command === "condor_config_val") return [];
  const name = schedd === undefined || command === "condor_status" ? [] : ["-name", schedd];
  return [...name, ...(pool === undefined ? [] : ["-pool", pool])];
}
