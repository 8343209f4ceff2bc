import { Command, InvalidArgumentError } from "commander";
import { durationText } from "../../contract/duration.ts";
import { openContext } from "../../provider/context.ts";
import { findMachine } from "../../provider/instance/find.ts";
import { LeaseText, leaseSecondsOf } from "../../provider/instance/inputs.ts";
import { type Renewal, renewLease } from "../../provider/instance/renew.ts";
import { readSettings } from "../../provider/settings.ts";
import { ask, forEach } from "../ask.ts";

/** `condor-cloud instance renew` */
export function renewCommand(): Command {
  return new Command("renew")
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
      const renewals = await forEach(machines, (machine) =>
        ask(`the lease of ${machine}`, async () => renewLease(findMachine(machine, jobs), options.for, context)),
      );
      if (options.json) console.log(JSON.stringify(renewals, null, 2));
      else for (const renewal of renewals) console.log(renewalLine(renewal));
    });
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
