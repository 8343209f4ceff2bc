import { Command } from "commander";
import { durationText } from "../../contract/duration.ts";
import { type Context, openContext } from "../../provider/context.ts";
import type { QueueJob } from "../../provider/htcondor/jobs.ts";
import type { SlotReport } from "../../provider/htcondor/slots.ts";
import { type Claim, claimOf } from "../../provider/instance/claim.ts";
import { findMachine } from "../../provider/instance/find.ts";
import { whyItQueues } from "../../provider/instance/queueing.ts";
import { mayHaveFailed, observe } from "../../provider/instance/state.ts";
import { type InstanceView, strangerView, viewOf } from "../../provider/instance/view.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask } from "../ask.ts";
import { facts, labelsText, oneLine } from "../text.ts";
import { stackOf } from "./instance-table.ts";

/** All that is known of a machine. */
export interface ShownInstance extends InstanceView {
  readonly claim: Claim;
  /** ISO 8601; when its domain was first seen running. Empty: it was not. */
  readonly startedAt: string;
  /** How often HTCondor has started it. */
  readonly starts: number;
  /** ISO 8601; when HTCondor removes it unless somebody claims it. Empty where somebody does. */
  readonly claimUntil: string;
  /** Why no node takes it, a line each; empty where one has. */
  readonly queueing: readonly string[];
}

/** `condor-cloud instance show` */
export function showCommand(): Command {
  return new Command("show")
    .description("Shows all that is known of a machine, and why it does not run.")
    .argument("<machine>", "its name, its job (12.0) or its id")
    .option("--json", "print JSON for programs", false)
    .action(async (meant: string, { json }: { json: boolean }) => {
      const context = openContext(readSettings());
      const shown = await ask(`the machine ${meant}`, () => showMachine(meant, context));
      console.log(json ? JSON.stringify(shown, null, 2) : instanceFacts(shown));
    });
}

/** All that is known of the machine that a person means. Throws what {@link findMachine} throws. */
export async function showMachine(meant: string, context: Context): Promise<ShownInstance> {
  const machines = await context.pool.list();
  const job = findMachine(
    meant,
    machines.map((machine) => machine.job),
  );
  return await look(job, machines.find((machine) => machine.job === job)?.report, context);
}

async function look(job: QueueJob, report: SlotReport | undefined, context: Context): Promise<ShownInstance> {
  const failure = mayHaveFailed(job, report) ? await context.pool.failure(job) : undefined;
  const now = Date.now();
  const view = viewOf(job, report, failure, now) ?? strangerView(job, now);
  const { startedAt, starts } = observe(job, report, failure);
  const queueing = view.state === "queued" ? await whyItQueues(job, context) : [];
  const cloud = job.cloud?.job;
  const claimUntil = cloud?.acknowledged === false ? new Date(cloud.deadline * 1000).toISOString() : "";
  return { ...view, claim: claimOf(view), startedAt, starts, claimUntil, queueing };
}

/** What `instance show` prints. */
export function instanceFacts(machine: ShownInstance): string {
  const rows = facts([
    ["name", machine.name],
    ["id", machine.id],
    ["job", machine.jobId],
    ["stack", stackOf(machine)],
    ["owner", oneLine(machine.owner)],
    ["state", machine.state],
    ["why", oneLine(machine.message)],
    ["execute node", machine.host],
    ["ip address", machine.ipAddress],
    ["mac address", machine.macAddress],
    ["vnc", machine.vncAddress],
    ["profile", machine.profile && `${machine.profile}: ${machine.memoryMiB} MiB, ${machine.vcpus} vCPU`],
    ["image", machine.image],
    ["labels", machine.name && labelsText(machine.labels)],
    ["submitted", `${machine.createdAt}, ${durationText(machine.ageSeconds)} ago`],
    ["running since", machine.startedAt],
    ["starts", String(machine.starts)],
    ["lease", leaseWords(machine)],
    ["unless claimed", machine.claimUntil && `HTCondor removes it at ${machine.claimUntil}`],
  ]);
  return [rows, ...whyItQueuesLines(machine.queueing)].join("\n");
}

function leaseWords({ leaseEndsAt, leaseLeftSeconds }: InstanceView): string {
  return leaseLeftSeconds === undefined ? "" : `until ${leaseEndsAt}, ${durationText(leaseLeftSeconds)} left`;
}

function whyItQueuesLines(queueing: readonly string[]): string[] {
  return queueing.length === 0 ? [] : ["It queues because:", ...queueing.map((line) => `  ${oneLine(line)}`)];
}
