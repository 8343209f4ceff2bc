import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Machine } from "../../../sandbox/sandbox.ts";
import { addNewImage, type TestImage } from "../pool/images.ts";
import { withLogsOf } from "../pool/logs.ts";
import { gone, removeMachines } from "../pool/machines.ts";
import { nodeState } from "../pool/node-state.ts";
import { executeNode } from "../pool/nodes.ts";
import { record } from "../pool/results.ts";
import { eventually } from "../pool/wait.ts";
import { emulatorPid, fateOf } from "./fates.ts";
import { letAllGo } from "./hold.ts";
import { CONVERGENCE_SECONDS, whole } from "./node.ts";
import { type MachineAt, machineAtEachStage, STAGES } from "./stages.ts";
import { VICTIMS } from "./victims.ts";

/** Each node takes three victims, one after the other, beside the other node. */
const LANES = [1, 2].map((number) => ({ number, victims: VICTIMS.filter((_, index) => index % 2 === number - 1) }));

let image: TestImage;
beforeAll(async () => {
  image = await addNewImage("killed");
});

describe.concurrent.each(LANES)("on node $number", ({ number, victims }) => {
  const inTurn = { concurrent: false };
  describe.each(victims)("the $name, killed while a machine prepares, one starts and one runs:", inTurn, (victim) => {
    let node: Machine;
    let machines: MachineAt;
    let emulatorBefore: number | undefined;
    let killedAt: number;
    const convergence = (what: string, happened: string) =>
      record({ tried: `${victim.name} killed${what}`, happened, secondsToConverge: (Date.now() - killedAt) / 1000 });

    beforeAll(async () => {
      node = await executeNode(number);
      await withLogsOf(node, async () => {
        const { untilStarted } = victim;
        machines = await machineAtEachStage(node, image, untilStarted && ((machine) => untilStarted(node, machine)));
        emulatorBefore = await emulatorPid(node, machines["while running"]);
      });
      console.log(`${node.name}: kills the ${victim.name} under ${Object.values(machines).map(({ jobId }) => jobId)}`);
      killedAt = Date.now();
      await victim.kill(node);
      await letAllGo(node);
    });
    afterAll(async () => {
      if (machines === undefined) return;
      await removeMachines(Object.values(machines));
      await gone(Object.values(machines));
      await withLogsOf(node, () => whole(node, Date.now()));
    });

    describe.concurrent("what comes of each", () => {
      test.each(STAGES)("the machine %s", async (stage) => {
        const fate = victim.fates[stage];
        await withLogsOf(node, async () => {
          // What the node said before lasts in the pool for a while.
          if (fate === "goes on") await whole(node, killedAt);
          await eventually(
            `the machine that ${fate} after the ${victim.name} was killed ${stage}`,
            () => fateOf(machines[stage], stage === "while running" && fate === "runs again" ? killedAt : 0),
            (seen) => seen === (fate === "ends" ? "ended" : "up"),
            CONVERGENCE_SECONDS,
          );
        });
        await convergence(` ${stage}`, `the machine ${fate}`);
      });

      test("the node", async () => {
        await withLogsOf(node, () => whole(node, killedAt));
        await convergence("", "the node is whole and takes machines");
      });
    });

    test("in the end each machine that should run does so once, and nothing else is left", async () => {
      await withLogsOf(node, () => whole(node, killedAt));
      const expected = STAGES.filter((stage) => victim.fates[stage] !== "ends").map((stage) => machines[stage]);
      expect((await nodeState(node)).domains).toEqual(expected.map(({ jobId }) => jobId).sort());
      expect(await Promise.all(expected.map((machine) => fateOf(machine, 0)))).toEqual(expected.map(() => "up"));
      if (victim.fates["while running"] === "goes on") {
        expect(await emulatorPid(node, machines["while running"]), "the same guest").toBe(emulatorBefore);
      }
    });
  });
});
