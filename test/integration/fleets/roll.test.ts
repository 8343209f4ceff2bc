import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { addNewImage, type TestImage } from "../pool/images.ts";
import { jobsOf, type StackJob } from "./jobs.ts";
import { type FleetStack, makeFleetStack } from "./stack.ts";

const profile = { memoryMiB: 96, vcpus: 1 };

/** A guest under emulation has its address long before that. */
const TIMEOUT_SECONDS = 120;

/** The DHCP server of the network `lan` gives this one no address. */
const UNKNOWN_TO_DHCP = { network: "lan", macAddress: "02:00:00:00:f1:01" };

describe("a rolling change of the image in which one member never gets an address", () => {
  let world: FleetStack;
  let second: TestImage;
  let first: StackJob[];
  beforeAll(async () => {
    world = await makeFleetStack("roll");
    second = await addNewImage("second");
  });
  afterAll(async () => {
    await world.dispose();
  });

  const declare = (image: string, overrides: Record<string, object> = {}) =>
    world.declare({ fleets: { web: { image, profile, count: 3, timeoutSeconds: TIMEOUT_SECONDS, overrides } } });

  test("stops at that member: those before it are new, those after it untouched, and the error says how to go on and back", async () => {
    await declare(inject("smallImage"));
    await world.up();
    first = await jobsOf(world);
    expect(first.map(({ name }) => name)).toEqual(["web-0", "web-1", "web-2"]);

    await declare(second.reference, { "web-1": UNKNOWN_TO_DHCP });
    const { failed, output } = await world.tryUp();
    expect(failed, output).toBe(true);
    expect(output).toMatch(/web-1/);
    expect(output).toMatch(/address/);
    expect(output).toMatch(/pulumi up/);

    const stopped = await jobsOf(world);
    expect(stopped.map(({ name, image }) => ({ name, image }))).toEqual([
      { name: "web-0", image: second.reference },
      { name: "web-1", image: second.reference },
      { name: "web-2", image: inject("smallImage") },
    ]);
    expect(stopped[2]).toEqual(first[2]);
    const recorded = await world.recorded("web");
    expect(recorded?.initErrors.join("\n")).toMatch(/web-1/);
    expect(recorded?.outputs).toMatchObject({
      ready: 2,
      members: {
        "web-0": { id: stopped[0]?.id, ready: true, upToDate: true },
        "web-1": { id: stopped[1]?.id, ready: false, upToDate: true, ipAddress: "" },
        "web-2": { id: stopped[2]?.id, ready: true, upToDate: false },
      },
    });
  });

  test("goes back when the program does: the failed one and the new one are replaced, the untouched one stays", async () => {
    const stopped = await jobsOf(world);
    await declare(inject("smallImage"));
    await world.up();
    const back = await jobsOf(world);
    expect(back.map(({ name, image, macAddress }) => ({ name, image, macAddress }))).toEqual(
      first.map(({ name, image, macAddress }) => ({ name, image, macAddress })),
    );
    expect(back[2]).toEqual(first[2]);
    expect(back[0]?.id).not.toBe(stopped[0]?.id);
    expect(back[1]?.id).not.toBe(stopped[1]?.id);
    expect((await world.recorded("web"))?.outputs).toMatchObject({ ready: 3, running: 3 });
    expect((await world.stack.preview()).changeSummary).toEqual({ same: 2 });
  });
});
