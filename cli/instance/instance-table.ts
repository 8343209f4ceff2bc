import { durationText } from "../../contract/duration.ts";
import { claimOf } from "../../provider/instance/claim.ts";
import type { InstanceView } from "../../provider/instance/view.ts";
import { table } from "../table.ts";
import { oneLine } from "../text.ts";

/** The table of machines that `instance list` and the demo show, and below it why a machine does not run. */
export function instanceTable(instances: readonly InstanceView[]): string {
  const machines = table(
    ["NAME", "PROFILE", "STATE", "EXECUTE NODE", "IP ADDRESS", "VNC", "AGE", "LEASE", "JOB", "STACK", "OWNER"],
    instances.map((instance) => [
      instance.name || "-",
      instance.profile || "-",
      instance.state,
      instance.host || "-",
      instance.ipAddress || "-",
      instance.vncAddress || "-",
      durationText(instance.ageSeconds),
      leaseLeft(instance),
      instance.jobId,
      stackOf(instance),
      oneLine(instance.owner) || "-",
    ]),
  );
  return [machines, ...instances.flatMap(whyItDoesNotRun)].join("\n");
}

/** Whose a machine is: `project/stack`, who launched it, or in brackets that nobody claims it. */
export function stackOf(instance: Pick<InstanceView, "name" | "key" | "acknowledged">): string {
  const claim = claimOf(instance);
  switch (claim.by) {
    case "stack":
      return oneLine(`${claim.project}/${claim.stack}`);
    case "person":
      return oneLine(`launched by ${claim.user}`);
    case "nobody-yet":
      return "(unclaimed yet)";
    case "nobody":
      return "(by hand)";
  }
}

function leaseLeft({ leaseLeftSeconds }: InstanceView): string {
  return leaseLeftSeconds === undefined ? "-" : `${durationText(leaseLeftSeconds)} left`;
}

/** A line of its own for each cause: it may be long. */
function whyItDoesNotRun({ name, jobId, state, message }: InstanceView): string[] {
  const machine = name === "" ? `Job ${jobId}` : `${name} (${jobId})`;
  return state === "running" || message === "" ? [] : [`${machine} is ${state}: ${oneLine(message)}`];
}
