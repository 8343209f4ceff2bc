import { durationText } from "../../contract/duration.ts";
import type { InstanceView } from "../../provider/instance/view.ts";
import { table } from "../table.ts";
import { oneLine } from "../text.ts";

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
