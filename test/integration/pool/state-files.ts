import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject } from "vitest";

/** The files of the state's backend, whatever they are: the stack as it is, as it was, and its history. */
export async function stateFiles(): Promise<string> {
  const folder = backend();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.includes(".json"));
  if (files.length === 0) throw new Error(`${folder} holds no state.`);
  return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "utf8")))).join("\n");
}

/** A resource in the state's file, as far as the tests look at it. */
export interface StoredResource {
  readonly urn: string;
  readonly id?: string;
  readonly initErrors?: string[];
  readonly outputs: Record<string, unknown>;
}

/**
 * A resource as it stands in the state's file: secrets encrypted, where Pulumi's own export would show them.
 *
 * @param urnEnd - `condor:Instance::web`
 */
export async function stored(stack: string, urnEnd: string): Promise<StoredResource> {
  const file = join(backend(), "stacks", "main-job", `${stack}.json`);
  const { checkpoint } = JSON.parse(await readFile(file, "utf8"));
  const resources: StoredResource[] = checkpoint.latest.resources;
  const found = resources.find(({ urn }) => urn.endsWith(urnEnd));
  if (found === undefined) throw new Error(`${file} holds no ${urnEnd}.`);
  return found;
}

/** What stands in the state's file in a secret's place (Pulumi's property values, "secret" signature). */
export const ENCRYPTED = expect.objectContaining({ "4dabf18193072939515e22adb298388d": expect.any(String) });

function backend(): string {
  return join(fileURLToPath(inject("environment").PULUMI_BACKEND_URL ?? ""), ".pulumi");
}

/** The texts that stand in a text, also in base64 wherever that begins. */
export function foundIn(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => [secret, ...inBase64(secret)].some((form) => text.includes(form)));
}

/** What every base64 of something that holds the text has in it, by where the text begins in a group of three bytes. */
function inBase64(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.from(`${"x".repeat(shift)}${text}`).toString("base64");
    return whole.slice(shift === 0 ? 0 : 4, -4);
  });
}
