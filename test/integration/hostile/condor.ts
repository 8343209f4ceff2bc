import { execa } from "execa";
import { enterArguments, machinePid, runIn } from "../../../sandbox/machine.ts";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { theSandbox } from "../pool/nodes.ts";

/** The user whose machine is to stay untouched. */
export const VICTIM = "cloud";

/** Another ordinary user of the pool, with an account on every machine of it. */
export const ATTACKER = "mallory";

/** What a command said and how it ended. */
export interface Said {
  readonly exitCode: number;
  /** Standard output and error. */
  readonly text: string;
}

/** Runs a command inside a machine as one of its accounts; a failure is an answer like any other. */
export async function runAs(
  machine: Machine,
  user: string,
  command: readonly string[],
  options: { input?: string; timeoutSeconds?: number } = {},
): Promise<Said> {
  const pid = await machinePid(machine);
  if (pid === undefined) throw new Error(`Machine ${machine.name} does not run.`);
  const become = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups", "--reset-env", "--"];
  const result = await execa("nsenter", [...enterArguments(pid), ...become, ...command], {
    reject: false,
    all: true,
    input: options.input ?? "",
    timeout: (options.timeoutSeconds ?? 60) * 1000,
  });
  return { exitCode: result.exitCode ?? 128, text: result.all ?? "" };
}

/** Runs one of HTCondor's commands on the access point as a user. */
export async function condorAs(user: string, ...command: string[]): Promise<Said> {
  return runAs((await theSandbox()).manager, user, command);
}

/** Submits a description as a user and gives the job's number, `cluster.0`. @throws Error in condor_submit's words */
export async function submitAs(user: string, description: string): Promise<string> {
  const { manager } = await theSandbox();
  const { exitCode, text } = await runAs(manager, user, ["condor_submit", "-terse", "-"], { input: description });
  const id = /^(\d+\.0) - /m.exec(text)?.[1];
  if (exitCode !== 0 || id === undefined) throw new Error(`condor_submit of ${user}: ${text}`);
  return id;
}

/** A job as the queue or, when it has left, the history has it; chosen attributes alone. */
export interface Job {
  readonly id: string;
  readonly status: "idle" | "running" | "removed" | "completed" | "held" | "other";
  readonly holdReason: string;
  readonly starts: number;
  readonly globalJobId: string;
  readonly machine: string | undefined;
  /** From its submission until its present status, in seconds. */
  readonly statusAfterSeconds: number;
}

const STATUS = ["other", "idle", "running", "removed", "completed", "held"] as const;
const ATTRIBUTES =
  "ClusterId,ProcId,JobStatus,HoldReason,NumJobStarts,NumShadowStarts,GlobalJobId,RemoteHost,QDate,EnteredCurrentStatus";

/** All jobs in the queue, by number. */
export async function jobs(): Promise<Map<string, Job>> {
  const { manager } = await theSandbox();
  const text = await runIn(manager, ["condor_q", "-allusers", "-json", "-attributes", ATTRIBUTES]);
  const ads: Record<string, unknown>[] = text.trim() === "" ? [] : JSON.parse(text);
  return new Map(ads.map((ad) => [`${ad.ClusterId}.${ad.ProcId}`, jobOf(ad)]));
}

function jobOf(ad: Record<string, unknown>): Job {
  return {
    id: `${ad.ClusterId}.${ad.ProcId}`,
    status: STATUS[Number(ad.JobStatus)] ?? "other",
    holdReason: String(ad.HoldReason ?? ""),
    starts: Number(ad.NumShadowStarts ?? 0),
    globalJobId: String(ad.GlobalJobId),
    machine: typeof ad.RemoteHost === "string" ? ad.RemoteHost : undefined,
    statusAfterSeconds: Number(ad.EnteredCurrentStatus) - Number(ad.QDate),
  };
}

/** What a hold reason tells the job's owner, without where it was told, for a table. */
export function told({ holdReason }: Job): string {
  const words = holdReason.replace(/^Error from \S+: /, "").replace(/^PREPARE_JOB .*?\(reported status \d+\): /, "");
  return words.length > 90 ? `${words.slice(0, 89)}…` : words;
}

/** Removes jobs and waits for nothing. */
export async function remove(...ids: string[]): Promise<void> {
  const { manager } = await theSandbox();
  if (ids.length > 0) await runAs(manager, "root", ["condor_rm", ...ids]);
}
