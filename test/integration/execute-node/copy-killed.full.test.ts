import { afterEach, expect, test } from "vitest";
import { runIn } from "../../../sandbox/machine.ts";
import { addNewImage } from "../pool/images.ts";
import { withLogsOf } from "../pool/logs.ts";
import { running, TestMachines } from "../pool/machines.ts";
import { cachedImagesOn, executeNode } from "../pool/nodes.ts";
import { killOn } from "../pool/processes.ts";
import { record } from "../pool/results.ts";
import { eventually } from "../pool/wait.ts";
import { agentOf, whole } from "./node.ts";

const CACHE = "/var/lib/condor-cloud/cache";

const machines = new TestMachines();
afterEach(() => machines.endAll());

test("an agent that is killed half way through a copy leaves no temporary, and the next start succeeds", async () => {
  const node = await executeNode(1);
  const image = await addNewImage("large", 1536);
  const machine = await machines.submitOne(image, { only: node });
  const find = ["find", CACHE, "-name", `${image.digest}*.tmp`, "-size", "+200M"];
  await withLogsOf(node, () =>
    eventually(
      "the copy to be under way",
      () => runIn(node, find),
      (found) => found !== "",
    ),
  );
  const killedAt = Date.now();
  await killOn(node, [await agentOf(node)]);
  expect(await cachedImagesOn(node), "the copy is not done").not.toContain(image.digest);
  await withLogsOf(node, async () => {
    await running(machine, 240);
    await whole(node, killedAt);
  });
  const seconds = (Date.now() - killedAt) / 1000;
  expect((await cachedImagesOn(node)).filter((name) => name.startsWith(image.digest))).toEqual([image.digest]);
  await record({
    tried: "agent killed in the middle of a copy of 1.5 GiB",
    happened: "the machine runs, no temporary is left",
    secondsToConverge: seconds,
  });
});
