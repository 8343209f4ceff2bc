import * as pulumi from "@pulumi/pulumi";

/** What a guest is told: no state, no preview and no error shows it, whether or not a program marks it as secret. */
export const GUEST_SECRETS = ["userData", "sshAuthorizedKeys", "metaData", "networkConfig"] as const;

/**
 * Arguments as secrets, for those that are given: Pulumi would keep them in plain text among a resource's inputs, and show
 * them in its errors.
 */
export function secretInputs<Args extends object>(args: Args | undefined, names: readonly (keyof Args & string)[]) {
  const given = names.filter((name) => args?.[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, pulumi.secret(args?.[name])])) as pulumi.Inputs;
}
