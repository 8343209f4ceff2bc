import { ResourceUrn } from "./resource-urn.ts";

/** The type of the machines that people launch by command; no resource of a Pulumi program ends its type so. */
const COMMAND_TYPE = "condor-cloud:command:Instance";

/** What stands for the project of a machine that a person launched by command. */
const COMMAND_PROJECT = "cli";

/** Who claims a machine. */
export type Claim =
  | { readonly by: "stack"; readonly project: string; readonly stack: string }
  /** A person launched it by command. */
  | { readonly by: "person"; readonly user: string }
  /** Nobody yet: a create is still at it, or died, and then HTCondor removes it at its deadline. */
  | { readonly by: "nobody-yet" }
  /** Nobody: submitted by hand, or edited so that it cannot be read. */
  | { readonly by: "nobody" };

/**
 * What stands for a resource's URN where a person launches a machine by command: `cli/<user>/…` as its key, which a
 * second launch of the same name finds again, and which no stack's resource has: those have types of their own.
 */
export function commandUrn(user: string, name: string): string {
  return ResourceUrn.parse(
    `urn:pulumi:${encodeURIComponent(user)}::${COMMAND_PROJECT}::${COMMAND_TYPE}::${encodeURIComponent(name)}`,
  );
}

/** Whose a machine is, by its key and whether it was acknowledged. */
export function claimOf(machine: {
  readonly name: string;
  readonly key: string;
  readonly acknowledged: boolean;
}): Claim {
  if (machine.name === "") return { by: "nobody" };
  if (!machine.acknowledged) return { by: "nobody-yet" };
  const [project = "", stack = "", ...rest] = machine.key.split("/");
  const isLaunched = project === COMMAND_PROJECT && rest[0] === COMMAND_TYPE && rest.length === 2;
  return isLaunched ? { by: "person", user: decoded(stack) } : { by: "stack", project, stack };
}

/** Whoever may submit may give any key, also one that no command of ours made. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
