import { afterEach, expect, test } from "vitest";
import { addNewImage } from "../pool/images.ts";
import { withLogsOf } from "../pool/logs.ts";
import { running, TestMachines } from "../pool/machines.ts";
import { nodeState } from "../pool/node-state.ts";
import { executeNode } from "../pool/nodes.ts";
import { condor } from "../pool/queue.ts";
import { record } from "../pool/results.ts";
import { eventually } from "../pool/wait.ts";
import { CONVERGENCE_SECONDS, whole } from "./node.ts";

const machines = new TestMachines();
afterEach(() => machines.endAll());

test("a running machine whose job is removed by force is gone from its node by itself", async () => {
  const node = await executeNode(2);
  const { id, jobId } = await machines.submitOne(await addNewImage("forced"), { only: node });
  await withLogsOf(node, () => running({ id, jobId }));
  await condor("condor_rm", jobId);
  await condor("condor_rm", "-forcex", jobId);
  const removedAt = Date.now();
  const places = async () => {
    const state = await nodeState(node);
    return (["slots", "domains", "folders", "emulators"] as const).filter((place) => state[place].includes(jobId));
  };
  expect(await places(), "where the machine is at first").toContain("domains");
  await withLogsOf(node, async () => {
    await eventually(
      `${jobId} to be nowhere on ${node.name}`,
      places,
      (found) => found.length === 0,
      CONVERGENCE_SECONDS,
    );
    await whole(node, removedAt);
  });
  await record({
    tried: "condor_rm -forcex of a running machine",
    happened: "domain, folder and slot are free",
    secondsToConverge: (Date.now() - removedAt) / 1000,
  });
});
