import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { inject } from "vitest";
import type { TestStack } from "../pool/stack.ts";

/** Why an `up` fails. */
export async function upFails({ stack }: TestStack): Promise<string> {
  return await stack.up().then(
    () => "it succeeded",
    (error: unknown) => String(error),
  );
}

/** Takes the machine out of the state and leaves it alone in the pool. */
export async function forget({ stack }: TestStack): Promise<void> {
  const state = await stack.exportStack();
  const { resources }: { resources: { type: string }[] } = state.deployment;
  state.deployment.resources = resources.filter(({ type }) => !type.endsWith("condor:Instance"));
  await stack.importStack(state);
}

/** Submits the machine of docs/adopt.md, as somebody with an editor would. */
export async function submitByHand(image: string): Promise<void> {
  const page = await readFile(join(import.meta.dirname, "..", "..", "..", "docs", "adopt.md"), "utf8");
  const [, file = ""] = /```\n(.*?)```/s.exec(page) ?? [];
  const [, identity = ""] = /printf '%s' '(.*)' \| sha256sum/.exec(page) ?? [];
  const digest = createHash("sha256").update(identity.replace("IMAGE", image)).digest("hex");
  const description = file.replace("IMAGE", image).replace("DIGEST", digest);
  await execa("condor_submit", [], { env: inject("environment"), input: description });
}
