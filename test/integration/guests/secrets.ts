import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type StoredResource, stored } from "../pool/state-files.ts";
import type { GuestStack } from "./stack.ts";

/** A program whose machines stand in a file beside it; `{ "secret": … }` anywhere in it is a `pulumi.secret`. */
const PROGRAM = `
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { CondorInstance } from "pulumi-condor";
const withSecrets = (value) => {
  if (Array.isArray(value)) return value.map(withSecrets);
  if (typeof value !== "object" || value === null) return value;
  if ("secret" in value) return pulumi.secret(value.secret);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withSecrets(each)]));
};
export const machines = {};
for (const [name, args] of Object.entries(JSON.parse(readFileSync("machines.json", "utf8")))) {
  machines[name] = new CondorInstance(name, withSecrets(args));
}
`;

/** Declares machines some of whose values are secrets: `{ secret: … }`. Nothing of it stands in the configuration. */
export async function declareWithSecrets({ folder }: GuestStack, machines: object): Promise<void> {
  await writeFile(join(folder, "index.mjs"), PROGRAM);
  await writeFile(join(folder, "machines.json"), JSON.stringify(machines));
}

/** A machine as it stands in the state's file; see {@link stored}. */
export async function recordedIn({ stack }: GuestStack, machine: string): Promise<StoredResource> {
  return await stored(stack.name, `condor:Instance::${machine}`);
}
