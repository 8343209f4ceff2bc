import { jobIdOf } from "../../contract/global-job-id.ts";
import { interfacesOf, MAIN_INTERFACE } from "../../contract/interfaces.ts";
import type { Context } from "../context.ts";
import { TimedOutError } from "../errors.ts";
import { harmless } from "../harmless.ts";
import type { Operation } from "../operation.ts";
import { consoleTail } from "./console-tail.ts";
import { CloudInitFailedError } from "./errors.ts";
import type { WaitFor } from "./inputs.ts";
import type { Found } from "./look.ts";

/** What a machine's guest is waited for. */
export interface GuestWish {
  readonly waitFor: WaitFor;
  /** Whose machine it is, for what to do. */
  readonly resourceUrn?: string | undefined;
}

/**
 * A time that was over while the machine ran and its guest was not what it should be: says of what exactly, until when,
 * what the image may lack, and what the guest said last on its console.
 */
export async function guestLate(
  error: TimedOutError,
  found: Found,
  { waitFor }: GuestWish,
  { deadline, signal }: Operation,
  context: Context,
): Promise<TimedOutError> {
  const until = new Date(deadline).toISOString();
  const { globalJobId: id } = found.job;
  const why = [...awaited(found, waitFor, until), ...(await consoleTail(id, context, signal))].join("\n  ");
  const remedy = `${error.remedy ?? ""} \`condor-cloud console log ${jobIdOf(id)}\` shows its whole console.`.trim();
  return new TimedOutError({ what: error.what, why, remedy, cause: error });
}

/** cloud-init's failure in the words of cloud-init, with the end of the console. No wait makes such a guest ready. */
export async function cloudInitFailed(
  { job, seen }: Found,
  { resourceUrn }: GuestWish,
  { signal }: Operation,
  context: Context,
): Promise<CloudInitFailedError> {
  const { globalJobId: id } = job;
  const errors = (seen.guest?.errors ?? []).map((words) => harmless(words).replace(/\s+/g, " ").trim());
  const why = [...errors.map((words) => `cloud-init: ${words}`), ...(await consoleTail(id, context, signal))];
  return new CloudInitFailedError(id, {
    what: `cloud-init failed in the guest of job ${jobIdOf(id)} on ${seen.host}, which runs on as it is.`,
    why: why.join("\n  "),
    remedy: `Waiting does not make it ready. Correct what the guest is told: the next \`pulumi up\` then replaces the machine. Or replace it as it is: \`pulumi up --replace ${quoted(resourceUrn)}\`. \`pulumi destroy\` removes it.`,
  });
}

/** What exactly was waited for, and what may be missing. */
function awaited({ job, seen }: Found, waitFor: WaitFor, until: string): string[] {
  if (waitFor === "guest-agent") {
    return [
      `Until ${until} no guest agent answered: the image needs qemu-guest-agent, installed and started (waitFor: "address" does without).`,
    ];
  }
  if (waitFor === "cloud-init") {
    return seen.guest?.cloudInit === "running"
      ? [`Until ${until} cloud-init was still at work.`]
      : [
          `Until ${until} nothing was heard of cloud-init: the image needs it, and qemu-guest-agent or a serial console (console=ttyS0) by which it is heard.`,
        ];
  }
  if (seen.ipAddress !== "") return [`It was waited for until ${until}.`];
  const spec = job.cloud?.job.spec;
  const card = spec === undefined ? undefined : interfacesOf(spec).get(MAIN_INTERFACE);
  const which = card === undefined ? "" : ` (${card.macAddress}) on the network ${card.network}`;
  return [
    `Until ${until} its interface ${MAIN_INTERFACE}${which} had no address: the guest asked for none, or nobody gave it one (waitFor: "running" does without).`,
  ];
}

/** As an argument for a shell; a URN of Pulumi's hardly ever holds what would need more. */
function quoted(urn: string | undefined): string {
  return urn === undefined || urn.includes("'") ? "URN" : `'${urn}'`;
}
