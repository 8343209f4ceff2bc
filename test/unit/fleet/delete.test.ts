import { describe, expect, test } from "vitest";
import { deleteFleet } from "../../../provider/fleet/lifecycle.ts";
import { FLEET_KEY } from "./samples.ts";
import { fleet } from "./world.ts";

describe("a fleet's delete", () => {
  test("removes all members with one command, and those of the state that the queue hides", async () => {
    const world = await fleet();
    Object.assign(world.job("web-1") ?? {}, { CloudFleet: "-" });
    await deleteFleet(FLEET_KEY, world.outputs, world.context, world.operation());
    expect(world.condor.jobs).toEqual([]);
    expect(world.commands("condor_rm")).toHaveLength(1);
  });

  test("leaves a machine alone that another resource adopted", async () => {
    const world = await fleet();
    Object.assign(world.job("web-1") ?? {}, { CloudKey: Buffer.from("shop/dev/x/y").toString("base64") });
    await deleteFleet(FLEET_KEY, world.outputs, world.context, world.operation());
    expect(world.names()).toEqual(["web-1"]);
  });
});
