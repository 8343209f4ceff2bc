import { Command } from "commander";
import { type Context, openContext } from "../../provider/context.ts";
import { InterruptedError } from "../../provider/errors.ts";
import type { QueueJob } from "../../provider/htcondor/jobs.ts";
import { findMachine } from "../../provider/instance/find.ts";
import { DEFAULT_TIMEOUT_SECONDS } from "../../provider/instance/inputs.ts";
import { deleteInstance } from "../../provider/instance/lifecycle.ts";
import { Operation } from "../../provider/operation.ts";
import { patiently } from "../../provider/patience.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask, forEach, tellOnce } from "../ask.ts";
import { confirm } from "../confirm.ts";
import { interruptible } from "../interruption.ts";
import { parseCount } from "../options.ts";

interface Options {
  readonly yes: boolean;
  readonly wait: boolean;
  readonly timeout: number;
  readonly json: boolean;
}

/** A machine whose removal began, and was waited for where that was asked. */
interface Terminated {
  readonly id: string;
  readonly jobId: string;
  /** Empty for one that was submitted by hand. */
  readonly name: string;
  /** Whether its job has left the queue; false: nobody waited. */
  readonly gone: boolean;
}

/** `condor-cloud instance terminate` */
export function terminateCommand(): Command {
  return new Command("terminate")
    .description("Removes machines with their disks, and waits until they are gone.")
    .argument("<machine...>", "each by its name, its job (12.0) or its id")
    .option("--yes", "do not ask", false)
    .option("--no-wait", "do not wait until they are gone")
    .option("--timeout <seconds>", "how long to wait", parseCount, DEFAULT_TIMEOUT_SECONDS)
    .option("--json", "print JSON for programs", false)
    .action(async (meant: string[], options: Options) => {
      const context = openContext(readSettings());
      const jobs = (await ask("the list of machines", () => context.pool.list())).map(({ job }) => job);
      const found = await forEach(meant, async (machine) => findMachine(machine, jobs));
      // The same machine may be meant twice, by its name and by its job.
      const machines = [...new Set(found)];
      const names = machines.map(nameOf).join(", ");
      if (machines.length > 0) await confirm(`Remove ${names}, with ${disks(machines.length)}?`, options.yes);
      const removed = await interruptible((signal) =>
        forEach(machines, (job) => terminate(job, options, context, signal)),
      );
      if (options.json) console.log(JSON.stringify(removed, null, 2));
      else for (const machine of removed) console.log(terminatedLine(machine));
    });
}

async function terminate(
  job: QueueJob,
  { wait, timeout: timeoutSeconds }: Options,
  context: Context,
  signal: AbortSignal,
): Promise<Terminated> {
  const name = nameOf(job);
  const operation = new Operation({ timeoutSeconds, signal, progress: tellOnce(`${name}: `) });
  const { globalJobId: id } = job;
  if (wait) {
    await deleteInstance(id, {}, context, operation).catch((error: unknown) => {
      throw error instanceof InterruptedError ? goesOn(name) : error;
    });
  } else {
    await patiently(operation, `the removal of ${name}`, () => context.pool.remove(id));
  }
  return { id, jobId: numberOf(job), name: job.cloud?.job.spec.name ?? "", gone: wait };
}

function goesOn(name: string): InterruptedError {
  return new InterruptedError({
    what: `Interrupted while waiting for ${name} to end.`,
    why: "HTCondor was told to remove it, and does so by itself.",
    remedy: "`condor-cloud instance list` shows what is left.",
  });
}

function terminatedLine({ name, jobId, gone }: Terminated): string {
  const machine = name === "" ? `Job ${jobId}` : `${name} (${jobId})`;
  return gone ? `${machine} is gone.` : `${machine} is being removed.`;
}

function nameOf(job: QueueJob): string {
  const name = job.cloud?.job.spec.name;
  return name === undefined ? `job ${numberOf(job)}` : `${name} (${numberOf(job)})`;
}

function numberOf({ clusterId, procId }: QueueJob): string {
  return `${clusterId}.${procId}`;
}

function disks(count: number): string {
  return count === 1 ? "its disk" : "their disks";
}
