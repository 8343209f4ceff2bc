import { expect, test } from "vitest";
import { addNewImage } from "../pool/images.ts";
import { withLogsOf } from "../pool/logs.ts";
import { running, submitMachine } from "../pool/machines.ts";
import { nodeState } from "../pool/node-state.ts";
import { executeNode } from "../pool/nodes.ts";
import { condor } from "../pool/queue.ts";
import { record } from "../pool/results.ts";
import { whole } from "./node.ts";

test("a running machine whose job is removed by force is gone from its node by itself", async () => {
  const node = await executeNode(2);
  const machine = await submitMachine(await addNewImage("forced"), { only: node });
  await withLogsOf(node, () => running(machine));
  await condor("condor_rm", machine.jobId);
  await condor("condor_rm", "-forcex", machine.jobId);
  const removedAt = Date.now();
  await withLogsOf(node, () => whole(node, removedAt));
  await record({
    tried: "condor_rm -forcex of a running machine",
    happened: "domain, folder and slot are free",
    secondsToConverge: (Date.now() - removedAt) / 1000,
  });
  expect(await nodeState(node)).toMatchObject({ slots: [], domains: [], folders: [], emulators: [] });
});
