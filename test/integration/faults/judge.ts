import { appendFile } from "node:fs/promises";
import { inject } from "vitest";
import { allDomains } from "../pool/nodes.ts";
import { record } from "../pool/results.ts";
import { eventually } from "../pool/wait.ts";
import type { Moment } from "./moments.ts";
import type { Outcome, Trial } from "./trial.ts";

/**
 * How often a user reruns a command before it counts as one that does not converge: once for a lock that stayed, once
 * for a machine that was acknowledged and is in no state, and once to succeed.
 */
const RERUNS_MAX = 3;

/** So much of an error's first line goes into the table. */
const WORDS_MAX = 60;

/**
 * Does what a user would after a fault: frees the stack's lock where it stayed, and runs the command again until it
 * succeeds; then compares what the program declares, what the state has and what lives in queue and libvirt.
 *
 * @throws Error for whatever is not as it must be, after it was counted
 */
export async function convergeAndJudge(trial: Trial, fault: string, moment: Moment, first: Outcome): Promise<void> {
  const name = `${fault}, ${moment.name}`;
  const { reruns, refusal } = first.exitCode === 0 ? NO_RERUN : await rerun(trial, moment.command);
  const declared = moment.command === "up" ? 1 : 0;
  const recorded = await trial.recordedId();
  const live = await trial.jobs();
  const verdict = {
    orphaned: live.filter(({ id, acknowledged }) => acknowledged && id !== recorded).length,
    doubled: Math.max(0, live.length - declared),
    lost: declared === 1 && !live.some(({ id }) => id === recorded) ? 1 : 0,
  };
  await appendFile(inject("verdicts"), `${JSON.stringify(verdict)}\n`);
  const bad = Object.entries(verdict).filter(([, count]) => count > 0);
  const came = refusal === undefined ? "converged" : "did not converge";
  const words = [
    reruns === 0 ? `${came} by itself` : `${came} by rerun ${reruns}`,
    ...bad.map(([what, count]) => `${count} ${what}`),
  ].join(", ");
  await record({ tried: name, happened: `${saidIn(first)}; ${words}` });

  if (refusal !== undefined) throw new Error(`${name}: no run of ${moment.command} succeeded:\n${refusal}`);
  if (bad.length > 0) throw new Error(`${name}: ${words}: ${JSON.stringify({ recorded, live })}`);
  const domains = await allDomains();
  const own = live.flatMap(({ jobId }) => domains.filter((domain) => domain.endsWith(`_${jobId}`)));
  if (own.length !== declared) throw new Error(`${name}: ${own.length} domains, declared are ${declared}.`);
}

/** What the fault met went on and succeeded by itself. */
const NO_RERUN: Rerun = { reruns: 0 };

interface Rerun {
  /** How many runs it took. */
  readonly reruns: number;
  /** What they said where none succeeded. */
  readonly refusal?: string;
}

/** How a command ended, in short. */
function saidIn({ exitCode, output }: Outcome): string {
  if (exitCode === 0) return "exit 0";
  const exit = exitCode === undefined ? "killed" : `exit ${exitCode}`;
  const errors = output.split("\n").flatMap((line) => /^\s*(?:error:|\*)\s+(.*)/.exec(line)?.[1] ?? []);
  // Pulumi says that something failed, counts its errors, and says them last.
  const said = errors.filter((error) => !/^update failed|occurred:$|^urn:/.test(error)).at(-1) ?? "";
  return said === "" ? exit : `${exit} (${said.slice(0, WORDS_MAX)})`;
}

/** Runs a command until it succeeds, with what its errors say to do in between. */
async function rerun(trial: Trial, command: "up" | "destroy"): Promise<Rerun> {
  const said: string[] = [];
  for (let reruns = 1; reruns <= RERUNS_MAX; reruns++) {
    const { exitCode, output } = await trial.run(command, "--yes", "--skip-preview");
    if (exitCode === 0) return { reruns };
    said.push(output);
    // The lock of a CLI that was killed stays; Pulumi's own message says to do this.
    if (/currently locked/.test(output)) await trial.run("cancel", "--yes");
    // The instant between acknowledgement and state: the error names the machine and both ways on.
    if (/condor:adoptExisting/.test(output)) trial.adoptExisting();
  }
  return { reruns: RERUNS_MAX, refusal: said.join("\n----\n") };
}

/** Waits until no trial has a job, and no domain is left. */
export async function nothingIsLeft(trials: readonly Trial[]): Promise<void> {
  const left = async () => [
    ...(await Promise.all(trials.map((trial) => trial.jobs()))).flat().map(({ jobId }) => jobId),
    ...(await allDomains()),
  ];
  await eventually("all machines to be gone", left, (names) => names.length === 0);
}
