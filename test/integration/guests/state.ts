import { z } from "zod";
import type { GuestStack } from "./stack.ts";

/** What Pulumi's state says of a resource, as far as tests ask; its secrets are not opened. */
const Resource = z.object({
  urn: z.string(),
  id: z.string().optional(),
  outputs: z.record(z.string(), z.unknown()).default({}),
  initErrors: z.array(z.string()).default([]),
});

const Deployment = z.object({ resources: z.array(Resource) });

/** A machine as the state has it, whether or not the program ever heard of it; undefined where it has none. */
export async function recorded({ stack }: GuestStack, name: string): Promise<z.infer<typeof Resource> | undefined> {
  const { deployment } = await stack.exportStack();
  return Deployment.parse(deployment).resources.find(({ urn }) => urn.endsWith(`condor:Instance::${name}`));
}

/** Runs an `up` and answers all that it printed, whether or not it failed. */
export async function upSaying({ stack }: GuestStack): Promise<{ output: string; failed: boolean }> {
  let output = "";
  const onOutput = (text: string) => {
    output += text;
  };
  return await stack.up({ onOutput }).then(
    () => ({ output, failed: false }),
    (error: unknown) => ({ output: `${output}${error}`, failed: true }),
  );
}
