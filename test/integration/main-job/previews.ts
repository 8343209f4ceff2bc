import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { condor } from "../pool/queue.ts";
import type { TestStack } from "../pool/stack.ts";

/** Previews; answers the warnings, and why it failed, where it did. */
export async function preview({ stack }: TestStack): Promise<{ warnings: string[]; failure: string }> {
  const warnings: string[] = [];
  const onEvent = ({ diagnosticEvent }: EngineEvent) => {
    if (diagnosticEvent?.severity === "warning") warnings.push(diagnosticEvent.message);
  };
  const failure = await stack.preview({ onEvent }).then(
    () => "",
    (error: unknown) => String(error),
  );
  return { warnings, failure };
}

/** The most memory that a machine can have here, in MiB. */
export async function totalMemoryMiB(): Promise<number> {
  const whole = ["-constraint", 'SlotType =!= "Dynamic"'];
  const [node] = JSON.parse(await condor("condor_status", "-json", "-attributes", "TotalSlotMemory", ...whole));
  return node.TotalSlotMemory;
}
