import type { z } from "zod";
import { Deployment, nameIn, recordedState } from "../../fixtures/recorded.ts";

/** What is another in each run: who a resource is, what the image holds, where a machine runs. */
const OF_A_RUN = [
  ...["resourceUrn", "source", "sourceStamp", "digest", "reference", "createdAt", "sizeBytes", "virtualSizeGiB"],
  ...["image", "jobId", "host", "ipAddress", "macAddress", "vncAddress", "startedAt"],
];

/** A stack's state as version 0.1.0 would have left it: as it was recorded, on this run's machines and image. */
export async function asRecorded(deployment: unknown): Promise<z.infer<typeof Deployment>> {
  const past = await recordedState();
  const now = Deployment.parse(deployment);
  const resources = now.resources.map((resource) => {
    const recorded = past.resources.find(({ urn }) => nameIn(urn) === nameIn(resource.urn));
    if (recorded?.inputs === undefined) return { ...resource, outputs: undefined }; // The stack, whose program had none.
    return {
      ...resource,
      inputs: onThisRun(recorded.inputs, resource.inputs),
      outputs: onThisRun(recorded.outputs, resource.outputs),
    };
  });
  return { ...now, resources };
}

function onThisRun(recorded: Record<string, unknown> = {}, now: Record<string, unknown> = {}) {
  return Object.fromEntries(
    Object.entries(recorded).map(([name, value]) => [name, OF_A_RUN.includes(name) ? now[name] : value]),
  );
}
