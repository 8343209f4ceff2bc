/**
 * The program of this group's stacks: fleets and single machines as a file beside it declares them, and fleets of other
 * stacks that it reads by their ids. `{ "secret": … }` anywhere in their arguments is a `pulumi.secret`. In a file, because what a thousand machines have does not fit into one
 * word of a command line, as the configuration's values must.
 */
export const PROGRAM = `
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as condor from "pulumi-condor";
const withSecrets = (value) => {
  if (Array.isArray(value)) return value.map(withSecrets);
  if (typeof value !== "object" || value === null) return value;
  if ("secret" in value) return pulumi.secret(value.secret);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withSecrets(each)]));
};
const declared = JSON.parse(readFileSync(process.env.DECLARED_FILE ?? "declared.json", "utf8"));
export const fleets = {};
for (const [name, args] of Object.entries(declared.fleets ?? {})) {
  const { members, running, ready } = new condor.CondorFleet(name, withSecrets(args));
  const addresses = members.apply((all) => Object.fromEntries(Object.entries(all).map(([key, { ipAddress }]) => [key, ipAddress])));
  fleets[name] = { running, ready, addresses };
}
export const others = {};
for (const [name, id] of Object.entries(declared.reads ?? {})) {
  const { members, running, ready, count } = condor.CondorFleet.get(name, id);
  others[name] = { members, running, ready, count };
}
export const machines = {};
for (const [name, args] of Object.entries(declared.machines ?? {})) {
  const { id, state, ready, ipAddress, host } = new condor.CondorInstance(name, withSecrets(args));
  machines[name] = { id, state, ready, ipAddress, host };
}
`;
