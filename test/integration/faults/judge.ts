import { appendFile } from "node:fs/promises";
import { inject } from "vitest";
import { decodeText } from "../../../contract/classad.ts";
import { runIn } from "../../../sandbox/machine.ts";
import { executeNode } from "../pool/nodes.ts";
import { condor } from "../pool/queue.ts";
import { record } from "../pool/results.ts";
import { eventually } from "../pool/wait.ts";
import { PROJECT, type Trial } from "./trial.ts";

/** What a trial's stack came to after its rerun. */
export interface Verdict {
  readonly orphaned: number;
  readonly doubled: number;
  readonly lost: number;
}

/** How often a user reruns a command before it counts as one that does not converge. */
const RERUNS_MAX = 3;

/**
 * Does what a user would after a fault: frees the stack's lock where it stayed, and runs the command again until it
 * succeeds; then compares what the program declares, what the state has and what lives in the queue.
 */
export async function convergeAndJudge(
  trial: Trial,
  fault: string,
  moment: { readonly name: string; readonly command: "up" | "destroy" },
  first: { readonly exitCode: number | undefined },
): Promise<Verdict> {
  const reruns = await rerun(trial, moment.command);
  const declared = moment.command === "up" ? 1 : 0;
  const recorded = await trial.recordedId();
  const live = (await trial.jobs()).filter(({ status }) => status !== 4);
  const verdict = {
    orphaned: live.filter(({ id, acknowledged }) => acknowledged && id !== recorded).length,
    doubled: Math.max(0, live.length - declared),
    lost: declared === 1 && !live.some(({ id }) => id === recorded) ? 1 : 0,
  };
  const bad = Object.entries(verdict).filter(([, count]) => count > 0);
  const words = bad.length === 0 ? "converged" : bad.map(([what, count]) => `${count} ${what}`).join(", ");
  const exit = first.exitCode === undefined ? "killed" : `exit status ${first.exitCode}`;
  await record({
    tried: `${fault}, ${moment.name}`,
    happened: `${exit}; ${words} after ${reruns} ${reruns === 1 ? "rerun" : "reruns"}`,
  });
  await appendFile(inject("verdicts"), `${JSON.stringify(verdict)}\n`);
  return verdict;
}

/** @returns how many runs it took */
async function rerun(trial: Trial, command: "up" | "destroy"): Promise<number> {
  const said: string[] = [];
  for (let count = 1; count <= RERUNS_MAX; count++) {
    const { exitCode, output } = await trial.run(command, "--yes", "--skip-preview");
    if (exitCode === 0) return count;
    said.push(output);
    // The lock of a CLI that was killed stays; Pulumi's own message says to do this.
    if (/currently locked/.test(output)) await trial.run("cancel", "--yes");
    // The instant between acknowledgement and state: the error names the machine and both ways on.
    if (/condor:adoptExisting/.test(output)) trial.adoptExisting();
  }
  throw new Error(`${trial.name} does not converge in ${RERUNS_MAX} runs of ${command}:\n${said.join("\n----\n")}`);
}

/** Every machine that lives in libvirt is one that lives in the queue, and the other way round. */
export async function domainsAreJobs(): Promise<void> {
  const node = await executeNode(1);
  const compare = async () => {
    const listed = await runIn(node, ["virsh", "-c", "qemu:///system", "list", "--name"]);
    const domains = listed
      .split(/\s+/)
      .filter(Boolean)
      .map((name) => name.split("_").at(-1));
    const output = await condor("condor_q", "-allusers", "-json", "-attributes", "ClusterId,ProcId,JobStatus,CloudKey");
    const jobs: Record<string, unknown>[] = output.trim() === "" ? [] : JSON.parse(output);
    const running = jobs
      .filter((job) => job.JobStatus === 2 && decodeText(String(job.CloudKey))?.startsWith(`${PROJECT}/`))
      .map((job) => `${job.ClusterId}.${job.ProcId}`);
    return { domains: domains.sort(), running: running.sort() };
  };
  await eventually(
    "the domains to be those of the queue",
    compare,
    ({ domains, running }) => JSON.stringify(domains) === JSON.stringify(running),
    120,
  );
}
