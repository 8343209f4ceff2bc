import { delimiter } from "node:path";
import { performance } from "node:perf_hooks";
import { debuglog } from "node:util";
import { execa } from "execa";
import type { Settings } from "../settings.ts";
import { CommandFailedError, CommandMissingError, PoolUnreachableError, UnexpectedOutputError } from "./errors.ts";
import { commandFailure } from "./failure.ts";
import { describeRun, type Log } from "./log.ts";

/** HTCondor's commands that this project runs. */
export type Command = "condor_submit" | "condor_q" | "condor_status" | "condor_qedit" | "condor_rm" | "condor_history";

/**
 * Runs one of HTCondor's commands and answers its standard output.
 *
 * @param extra.input - its standard input; absent: none
 * @param extra.schedd - the name of the schedd to ask; absent: the one that the settings name
 */
export type Run = (
  command: Command,
  options: readonly string[],
  extra?: { readonly input?: string; readonly schedd?: string },
) => Promise<string>;

/** A command that has not answered by then is killed. HTCondor's own network time-outs are 20 s each. */
const DEADLINE_SECONDS = 60;

/** The most that a command may answer, in characters: some hundred thousand jobs of chosen attributes. */
const OUTPUT_MAX = 256 * 1024 * 1024;

/** `NODE_DEBUG=condor-cloud` shows every command and its answer. */
const debug = debuglog("condor-cloud");

/**
 * Makes the runner of one process's settings. Each command is an argument array, never a shell's text; runs with
 * LANG=C, because its words are read; has a deadline, a bound on its output, and a session of its own, so that a
 * terminal's Ctrl-C does not end a submission half way.
 *
 * @param log - is told of every command and its answer, without secrets
 * @param deadlineSeconds - after which a command is killed
 */
export function openRunner(settings: Settings, log: Log = () => {}, deadlineSeconds: number = DEADLINE_SECONDS): Run {
  const path = [settings.commands, process.env.PATH].filter((part) => part !== undefined).join(delimiter);
  return async (command, options, { input = "", schedd = settings.schedd } = {}) => {
    const started = performance.now();
    const parameters = [...whom(command, schedd, settings.pool), ...options];
    const result = await execa(command, parameters, {
      input,
      // Any folder does, and the one that this process is in may be gone.
      cwd: "/",
      env: { PATH: path, LANG: "C", LC_ALL: "C" },
      timeout: deadlineSeconds * 1000,
      forceKillAfterDelay: 2000,
      maxBuffer: OUTPUT_MAX,
      detached: true,
      reject: false,
    });
    // One that could not even be started has said nothing.
    const { exitCode, stdout = "", stderr = "" } = result;
    const seconds = (performance.now() - started) / 1000;
    const ran = describeRun({ command, options: parameters, input, exitCode, seconds, stdout, stderr });
    debug("%s", ran);
    log(ran);

    if (result.code === "ENOENT") throw new CommandMissingError(command, settings.commands);
    if (result.timedOut) {
      throw new PoolUnreachableError({
        what: `${command} gave no answer within ${deadlineSeconds} s and was ended.`,
        remedy: "Check that the pool runs and is not overloaded: `condor_status -schedd`.",
      });
    }
    if (result.isMaxBuffer) {
      throw new UnexpectedOutputError({ what: `${command} answered more than ${OUTPUT_MAX} characters.` });
    }
    if (result.signal !== undefined) {
      throw new PoolUnreachableError({
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

/** Which schedd and which pool a command is to ask. `condor_status` asks the collector, which has no schedd's name. */
function whom(command: Command, schedd: string | undefined, pool: string | undefined): string[] {
  const name = schedd === undefined || command === "condor_status" ? [] : ["-name", schedd];
  return [...name, ...(pool === undefined ? [] : ["-pool", pool])];
}
