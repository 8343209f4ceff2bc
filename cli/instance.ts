import { Command, InvalidArgumentError } from "commander";
import { durationText } from "../contract/duration.ts";
import { openContext } from "../provider/context.ts";
import { CloudError } from "../provider/errors.ts";
import { findMachine } from "../provider/instance/find.ts";
import { LeaseText, leaseSecondsOf } from "../provider/instance/inputs.ts";
import { listInstances } from "../provider/instance/list.ts";
import { type Renewal, renewLease } from "../provider/instance/renew.ts";
import type { InstanceView } from "../provider/instance/view.ts";
import { Operation } from "../provider/operation.ts";
import { PATIENCE_SECONDS, patiently } from "../provider/patience.ts";
import { readSettings } from "../provider/settings.ts";
import { table } from "./table.ts";

/** The table of machines that `instance list` and the demo show, and below it why a machine does not run. */
export function instanceTable(instances: readonly InstanceView[]): string {
  const machines = table(
    ["NAME", "PROFILE", "STATE", "EXECUTE NODE", "IP ADDRESS", "VNC", "LEASE", "JOB", "OWNER"],
    instances.map((instance) => [
      instance.name,
      instance.profile,
      instance.state,
      instance.host || "-",
      instance.ipAddress || "-",
      instance.vncAddress || "-",
      leaseLeft(instance),
      instance.jobId,
      instance.owner,
    ]),
  );
  return [machines, ...instances.flatMap(whyItDoesNotRun)].join("\n");
}

function leaseLeft({ leaseLeftSeconds }: InstanceView): string {
  return leaseLeftSeconds === undefined ? "-" : `${durationText(leaseLeftSeconds)} left`;
}

/** A line of its own for each cause: it may be long. */
function whyItDoesNotRun({ name, jobId, state, message }: InstanceView): string[] {
  return state === "running" || message === "" ? [] : [`${name} (${jobId}) is ${state}: ${oneLine(message)}`];
}

/** Others of the pool wrote it: it must not command the terminal. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

/** `condor-cloud instance …` */
export function instanceCommand(): Command {
  const command = new Command("instance").description("The virtual machines in the pool.");
  command
    .command("list")
    .description("Lists the machines that live in the queue, of all stacks and owners.")
    .option("--json", "print JSON for programs", false)
    .action(async (options: { json: boolean }) => {
      const context = openContext(readSettings());
      const instances = await ask("the list of machines", () => listInstances(context));
      if (options.json) console.log(JSON.stringify(instances, null, 2));
      else if (instances.length === 0) console.log("No machine in the queue.");
      else console.log(instanceTable(instances));
    });
  command
    .command("renew")
    .description("Begins the lease of machines anew, so that HTCondor removes them later.")
    .argument("<machine...>", "each by its name, its job (12.0) or its id")
    .option(
      "--for <duration>",
      'how long from now, such as "90m" or "4h"; else as long as its own lease is',
      parseLease,
    )
    .option("--json", "print JSON for programs", false)
    .action(async (machines: string[], options: { for?: number; json: boolean }) => {
      const context = openContext(readSettings());
      const jobs = (await ask("the list of machines", () => context.pool.list())).map(({ job }) => job);
      const renew = (machine: string) =>
        ask(`the lease of ${machine}`, async () => renewLease(findMachine(machine, jobs), options.for, context));
      const results = await Promise.allSettled([...new Set(machines)].map(renew));
      const renewals = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      if (options.json) console.log(JSON.stringify(renewals, null, 2));
      else for (const renewal of renewals) console.log(renewalLine(renewal));
      const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
      for (const failure of failures) sayFailure(failure);
    });
  return command;
}

/** Asks the pool; one that is silent is asked again for a while, and the person is told. */
async function ask<T>(about: string, step: () => Promise<T>): Promise<T> {
  const progress = (message: string) => {
    process.stderr.write(`${message}\n`);
  };
  return await patiently(new Operation({ timeoutSeconds: PATIENCE_SECONDS, progress }), about, step);
}

/** @throws InvalidArgumentError when the text is no lease */
function parseLease(text: string): number {
  const lease = LeaseText.safeParse(text);
  const seconds = leaseSecondsOf(lease.data);
  if (seconds === undefined)
    throw new InvalidArgumentError(`It ${lease.error?.issues[0]?.message ?? "is no duration"}.`);
  return seconds;
}

function renewalLine({ name, jobId, leaseEndsAt, leaseLeftSeconds }: Renewal): string {
  return `${name} (${jobId}): its lease ends at ${leaseEndsAt}, in ${durationText(leaseLeftSeconds)}.`;
}

/** One machine's failure is none of the others'. */
function sayFailure(failure: unknown): void {
  if (!(failure instanceof CloudError)) throw failure;
  process.stderr.write(`${failure.message}\n`);
  process.exitCode = 1;
}
