import { Command } from "commander";
import { openContext } from "../provider/context.ts";
import { listInstances } from "../provider/instance/list.ts";
import type { InstanceView } from "../provider/instance/view.ts";
import { readSettings } from "../provider/settings.ts";
import { table } from "./table.ts";

/** The table of machines that `instance list` and the demo show, and below it why a machine does not run. */
export function instanceTable(instances: readonly InstanceView[]): string {
  const machines = table(
    ["NAME", "PROFILE", "STATE", "EXECUTE NODE", "IP ADDRESS", "VNC", "JOB", "OWNER"],
    instances.map((instance) => [
      instance.name,
      instance.profile,
      instance.state,
      instance.host || "-",
      instance.ipAddress || "-",
      instance.vncAddress || "-",
      instance.jobId,
      instance.owner,
    ]),
  );
  return [machines, ...instances.flatMap(whyItDoesNotRun)].join("\n");
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
      const instances = await listInstances(openContext(readSettings()));
      if (options.json) console.log(JSON.stringify(instances, null, 2));
      else if (instances.length === 0) console.log("No machine in the queue.");
      else console.log(instanceTable(instances));
    });
  return command;
}
