import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addNewImage, type TestImage } from "../pool/images.ts";
import { executeNode } from "../pool/nodes.ts";
import { Death } from "./death.ts";
import { STAGES } from "./stages.ts";
import type { Victim } from "./victims.ts";

const inTurn = { concurrent: false };

let image: TestImage;

/** Tries these victims: each node takes every second of them, one after the other, beside the other node. */
export function tellOf(all: readonly Victim[]): void {
  const lanes = [1, 2].map((number) => ({ number, victims: all.filter((_, index) => index % 2 === number - 1) }));

  beforeAll(async () => {
    image = await addNewImage("killed");
  });

  describe.concurrent.each(lanes)("on node $number", ({ number, victims }) => {
    for (const victim of victims) {
      const title = `when the ${victim.name} is killed while one machine prepares, one starts and one runs,`;
      describe(title, inTurn, () => tell(victim, number));
    }
  });
}

function tell(victim: Victim, nodeNumber: number): void {
  let death: Death;
  beforeAll(async () => {
    death = new Death(victim, await executeNode(nodeNumber));
    await death.bringAbout(image);
  });
  afterAll(() => death.clearUp());

  describe.concurrent("then", () => {
    for (const stage of STAGES) test(`the ${stage} machine ${victim.fates[stage]}`, () => death.outcomeOf(stage));
    test("the node is whole again", () => death.convergence());
  });

  test("in the end each machine that should run does so once, and nothing else is left", async () => {
    const { survivors, domains, fates, isSameGuest } = await death.end();
    expect(domains).toEqual(survivors);
    expect(fates).toEqual(survivors.map(() => "up"));
    if (victim.fates.running === "goes on") expect(isSameGuest).toBe(true);
  });
}
